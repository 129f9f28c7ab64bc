"""How a host is spoken to; no other room knows of SSH.

``connect``    an open connection, or one sentence why not and what to type
``session``    shells as root, through sudo, each for one script after the other
``ours``       our own part of a change, for which the host waits
``host``       facts, changes, files and forwards over that connection
``tunnel``     local sockets that lead to the host, such as its Docker engine
``copy``       a folder to the host by rsync, through that connection
``bridge``     what rsync starts in the place of `ssh`
``apply``      facts → plan → preview or changes → facts again
"""
