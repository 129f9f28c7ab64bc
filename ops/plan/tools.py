"""The programs that a host needs for its images: which of them work there."""

from ops.plan.question import Question

COMPOSE_NEEDED = (2, 20)

TOOLS = Question(
    "tools",
    # An engine may be there without a client in the path, as Snap's is. Docker's plugins are asked
    # only where no package tells that they are there: it costs 80 ms.
    """\
{ command -v dockerd || [ -e /snap/bin/docker ] || [ -S /run/docker.sock ]; } >/dev/null &&
  echo engine
command -v docker >/dev/null && echo docker
command -v rsync >/dev/null && echo rsync
{ dpkg-query -W -f '${db:Status-Status}\\n' docker-buildx | grep -qx installed ||
  docker buildx version >/dev/null; } 2>/dev/null && echo buildx
true
""",
    lambda text: frozenset(text.split()),
)
"""Ask which of `engine`, `docker` (its client), `rsync` and `buildx` are there."""
