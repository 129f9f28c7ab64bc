"""The lab image: from the source of the analysis package to a tag in the registry.

``source``     the package at a tag, in a folder: a clean ``clone`` of what ``git`` has fetched
``context``    what the image is built from
``build``      change: the build on the host, and what its own test says
``publish``    the way of an image into the registry
``registry``   what the registry holds
``facts``      what a push has to know of the host
``walk``       `inv push`
"""
