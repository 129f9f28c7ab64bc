"""What runs on the operator's laptop, in the order in which data flows through it.

``tasks.py`` stands above all of it and calls ``lab``, which reads as the list of commands.

``names``          what members, accounts and tags may be called; shared with the hub
``config``         `.env` → `Config`, or every mistake in it at once; ``envfile`` finds and splits
                   it, ``rules`` check one value, ``shares`` a line that describes a mount, and
                   ``mount_keys`` joins these with their logins
``connect``        `Config` → an open SSH connection, or one sentence why not
``session``        one remote session as root, through sudo
``host``           facts, changes, files and forwards over that connection
``facts``          questions about system and stack, and the parsers of their answers
``account_facts``  the same for accounts, homes and groups, ``mount_facts`` for mounts
``engine``         operation: Docker Engine, Compose and the base image
``release``        the files of `compose/` and the settings of `.env`, ready to be sent
``stack``          operation: registry, proxy and hub, from a release to containers
``mounts``         operation: the file server's shares; ``fstab`` keeps our lines among others',
                   ``mount_conflicts`` says what is in the way, ``mount_steps`` are the scripts
``deploy``         all of these, as the one operation of `inv deploy`
``users``          operation: accounts, groups and homes
``apply``          facts → plan → preview or changes → facts again
``source``         the analysis package at a tag, as a clean folder; ``git`` fetches it
``images``         build the lab image on the host and publish it, through a ``tunnel``
``registry``       what the registry holds
``push``           the walk of `inv push`
``prove``          the walk of `inv mounts`: ``proof`` tries each mount as a member, and
                   ``mount_errors`` says why one fails

``command``        commands, uploads and changes as data; the only module that quotes
``script``         the scripts that they become; ``framing`` reads what a script prints
``packages``       how a Debian package is installed
``hashing``        short digests that tell whether two things are the same
``console``        everything that is printed
``interrupts``     Ctrl-C, at any moment: one sentence, which ends the process
``errors``         the sentences that end a task
"""
