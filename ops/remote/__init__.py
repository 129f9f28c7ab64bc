"""The host: what is asked of it, what is done on it, and how both get there.

``command``  commands, uploads and changes as data; the only module that quotes
``script``   the scripts that they become
``framing``  reads what a script prints
``connect``  `Config` → an open SSH connection, or one sentence why not
``session``  one remote session as root, through sudo
``tunnel``   the host's Docker engine at a socket of the laptop
``host``     facts, changes, files and forwards over that connection
"""
