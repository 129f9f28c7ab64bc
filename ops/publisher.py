"""Who may publish: a credential that each host has made for itself, and root alone can read."""

USER = "publisher"
PASSWORD_FILE = "/etc/labhub/registry_password"  # noqa: S105  a path, not a secret
HASH_FILE = "/etc/labhub/registry/htpasswd"
READ_PORT = 5000
WRITE_PORT = 501
"""On the host's loopback: nothing else can be reached of the registry, but by the hub's socket. No
account but root's can listen below 1024, and get the password instead."""
