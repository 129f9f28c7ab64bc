"""A disposable Debian 13 host in a container, reached only through SSH like a lab's real server.

The scripts get a Docker engine and the base image (`engine.sh`, `base.sh`), and take everything
away again (`clean.sh`). On top of them: `layout` names everything that belongs to one sandbox
(pure), `engine` speaks to Docker, `host` brings the sandbox up and down, `tasks` is `inv sandbox`.
"""
