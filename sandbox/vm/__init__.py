"""A whole virtual host with a kernel of its own, and a file server beside it: for shares and boots.

``disk.sh`` builds its disk; ``machine`` boots, freezes, resumes and cuts the power of a host;
``fileserver`` is the Samba server that it mounts from; ``images`` brings container images in,
built on this machine, eight times faster than in the emulated one; ``states`` are the frozen hosts
that tests begin from.
"""
