"""The file server's shares: mounted on the host, offered to labs, and proved.

``facts``      what of the mounts is on the host
``operation``  the changes that make them as `.env` says, in ``steps`` that no single program does
``fstab``      our lines of /etc/fstab, between those of others
``conflicts``  what stands in the way
``proof``      each mount tried as a member
``errors``     what mount.cifs says, as a sentence
``walk``       `inv mounts`
"""
