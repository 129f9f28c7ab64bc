"""The lab image: from the source of the analysis package to a tag in the registry.

``source``     where the package comes from
``export``     the package at a tag, in a folder: a clean ``clone`` of what ``git`` has fetched
``lists``      what the site adds
``context``    what the image is built from: the recipe and all of these
``build``      change: the build on the host, and what its own test says
``earlier``    what images before it have of Python packages
``versions``   the version in a tag, and when `latest` moves to it
``publish``    the way of an image into the registry
``registry``   what the registry holds
``facts``      what a push has to know of the host
``walk``       `inv push`
"""
