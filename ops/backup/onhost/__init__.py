"""What runs on the host as well as on the laptop: the format of backups, their writing, their use.

It imports nothing of `ops` and nothing but Python's own library: `inv backup` copies it to the
host, where Debian's Python runs it, by hand of a task or of systemd's timer.

``archive``  the format: parts in a tar file, and the proof that all of them are there
``crypt``    the passphrase, by GnuPG
``files``    names of backups, how one comes to its name, which ones are kept
``facts``    what a backup says of accounts, groups and the lab
``parts``    what is read on the host, while the hub runs
``put``      what is written back on the host
``errors``   the sentences that end all of this
"""
