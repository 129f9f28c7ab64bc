"""The lab image: from the source of the analysis package to a tag in the registry.

``wanted``     what a push is asked for: a release, or work in progress
``source``     where the package comes from
``export``     the package at a commit, in a folder: a clean ``clone`` of its ``mirror``, by ``git``
``lists``      what the site adds
``context``    what the image is built from: the recipe and all of these
``build``      change: the build on the host, and what its own test says; its ``log`` is kept
``earlier``    what images before it have of Python packages
``publish``    the way of an image into the registry
``registry``   what the registry holds: each as ``published``
``versions``   the version in a tag, and when `latest` moves to it
``latest``     that it does
``forget``     a tag is taken out of the registry
``facts``      what a push has to know of the host
``attempt``    one try at all of that, and what is ``told`` of it
``walk``       `inv push`
"""
