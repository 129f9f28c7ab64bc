"""The tasks, a file for each group; `tasks.py` at the top collects them.

``run``      what all of them begin and end with
``stack``    deploy, upgrade, mounts, releases, rollback, announce
``members``  accounts, groups, logins
``images``   versions of the lab image
``upkeep``   status, check, doctor, logs, shells
``backups``  backup, restore

Imports stand inside the tasks: `inv --list` must not wait for SSH libraries.
"""
