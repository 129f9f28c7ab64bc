"""The file server's shares, on the host and in the labs.

``facts``      what is mounted, configured and in the way
``fstab``      keeps our lines among others'
``conflicts``  says what is in the way
``operation``  what is to be done, ``steps`` are its scripts
``proof``      tries each mount as a member
``errors``     why one fails
``walk``       `inv mounts`
"""
