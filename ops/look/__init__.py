"""What happened on a host, and a way in: logs, the audit log, shells.

``logs``   which log, from when, how much of it; what in it is nobody's business
``audit``  who did what when
``shell``  a shell on the host, or in a member's lab
``walks``  the tasks `inv logs`, `audit`, `ssh` and `exec`
"""
