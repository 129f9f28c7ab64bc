"""Versions of the lab image: from a source's tag to what a lab runs, and away again.

``source``       the analysis package at a tag, as a clean folder; ``git`` fetches it
``recipe``       what an image is made of: the package, or a Dockerfile of its own
``build``        build an image on the host and publish it
``registry``     what the registry says of one image
``space``        room on the host's disk, and what a push will take
``offer``        operation: an image on the host, then by its tag and `latest`
``push``         the walk of `inv push`

``storage``      what lies in the registry's volume, and what belongs to what
``containers``   whose labs run which image, ``records`` what members have worked with
``labels``       operation: labels of tags
``removal``      operation: tags leave the registry; ``collect`` is how, and the proof that all
                 others are complete
``prune``        operation: what nobody needs leaves the host; ``prune_facts`` what there is
``listing``      what `inv images` shows
``walks``        the tasks `inv images`, `tag`, `remove-tag` and `prune`
"""
