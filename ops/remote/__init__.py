"""How a host is spoken to; no other room knows of SSH.

``connect``    an open connection, or one sentence why not and what to type
``session``    a shell as root, through sudo
``ours``       our own part of a change, for which the host waits
``host``       facts, changes, files and forwards over that connection
``tunnel``     the host's Docker engine as a local socket
``apply``      facts → plan → preview or changes → facts again
"""
