"""How a host is, on one page and from one session.

``machine``   load, memory and what fills the disk
``services``  engine, registry, proxy and hub
``running``   the labs that run
``state``     all of it, with shares, last deploy and drift, and what of it needs attention
``page``      the same for a person
``walk``      the tasks `inv status` and `inv labs`
"""
