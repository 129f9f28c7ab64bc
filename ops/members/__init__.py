"""Members: their accounts and homes on the host, and how they get in.

``account_facts``  accounts, homes and groups of the host, ``facts`` also what the hub knows
``accounts``       operation: accounts, groups and homes
``invites``        operation: one-time passwords
``groups``         operation: into groups and out of them
``access``         operation: disable and enable
``removal``        operation: a home becomes an archive; ``restore`` brings it back,
                   ``archive`` are the scripts for both
``listing``        what `inv users` shows
``walks``          the tasks about members
"""
