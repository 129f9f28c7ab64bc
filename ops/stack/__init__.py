"""The engine, and on it registry, proxy and hub.

``facts``      questions about system and stack, and the parsers of their answers
``engine``     operation: Docker Engine, Compose and the base image
``release``    the files of `compose/` and the settings of `.env`, ready to be sent
``services``   operation: registry, proxy and hub, from a release to containers
``boot``       operation: the current release is started at boot
``releases``   operation: back to a release that the host has kept
``hub_files``  the files that the hub reads at each request: whether one is as it should be
``database``   the hub's database, kept where another JupyterHub changes it
``upgrade``    from which JupyterHub to which, and whose lab is older
``limits``     operation: what labs may take, told to the hub
``announce``   operation: what stands on every page of the hub
``deploy``     all of these and the mounts, as the one operation of `inv deploy`
``walks``      the tasks `inv deploy`, `upgrade`, `announce` and `releases`
``back``       the task `inv rollback`
"""
