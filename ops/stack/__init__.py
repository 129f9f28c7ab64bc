"""Registry, proxy and hub, and the engine that they run in.

``facts``      system, engine and containers as they are
``engine``     changes: Docker Engine, Compose and the base of all images
``release``    the files of `compose/` with the settings of `.env`, ready to be sent
``operation``  changes: from a release to running containers
"""
