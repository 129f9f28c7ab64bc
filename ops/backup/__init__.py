"""What a lab is made of, kept in one file, and made again from it on another host.

``places``    where backups go: a folder of the laptop, of the host, or below a mount
``onhost``    the format, and what runs on the host; the laptop proves backups by the same code
``tools``     operation: what the host needs to write and read backups
``transfer``  backups on their way between host and laptop
``accounts``  operation: the accounts and groups of a backup, with their numbers
``schedule``  operation: the timer of the host that writes backups
``walks``     `inv backup`
``restore``   `inv restore`; ``differences`` is its proof
``entry``     which of these is asked for
"""
