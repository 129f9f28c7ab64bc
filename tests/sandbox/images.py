"""What the tests of image versions share: an image of its own, and looks at the registry."""

import json
import re
import time
from collections.abc import Callable

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import sh

NAME = "spectra"
RECIPE = """\
ARG LAB
FROM ${LAB}
ARG VERSION
USER root
RUN echo "VERSION = '${VERSION}'" \\
  >"$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/spectra.py"
"""
BUILDS = "/home/agfalta/.cache/labhub/build"
VOLUME = "/var/lib/docker/volumes/labhub-registry-data/_data"
STORAGE = f"{VOLUME}/docker/registry/v2"
TYPES = "application/vnd.docker.distribution.manifest.v2+json"


def push(inv: Inv, tag: str, *more: str) -> Outcome:
    return inv.ok("push", "--image", NAME, "--tag", tag, *more)


def status(host: Sandbox, method: str, path: str) -> str:
    """Ask the registry itself, on the host; return the status of its answer."""
    request = f"{method} /v2/{path} HTTP/1.0\r\nContent-Length: 0\r\nAccept: {TYPES}\r\n\r\n"
    script = 'exec 3<>/dev/tcp/127.0.0.1/5000; printf %s "$1" >&3; head -n 1 <&3 | cut -d" " -f2'
    # It may be replaced at this very moment, which is an answer too.
    return sh(host, f"trap '' PIPE; ({script}) 2>/dev/null || true", request)


def shown(inv: Inv) -> dict[str, dict[str, object]]:
    """Return the images that `inv images` shows, by each ``image:tag``."""
    found = json.loads(inv.ok("images", "--json").output)["images"]
    return {f"{it['image']}:{tag}": it for it in found for tag in it["tags"]}


def every_tag_can_be_pulled(host: Sandbox, inv: Inv) -> bool:
    """Have the engine pull each tag anew, and compare every blob with its digest."""
    found = shown(inv)
    assert not [name for name, it in found.items() if it["lost"]]
    names = " ".join(f"localhost:5000/{name}" for name in found)
    sh(
        host,
        f"docker image rm --force {names} >/dev/null || true; for it in {names}; "
        'do docker pull --quiet "$it" >/dev/null; done',
    )
    files = f'cd {STORAGE}/blobs/sha256; for it in */*; do echo "${{it#*/}}  $it/data"; done'
    sh(host, f"{files} | (cd {STORAGE}/blobs/sha256 && sha256sum --check --quiet)")
    return True


def alice_works(browser: HubClient, image: str) -> None:
    if browser.is_running():
        browser.stop()
    browser.spawn(image)


def digest_of(outcome: Outcome) -> str:
    """Return the digest that a push ends with."""
    found = re.search(r"^\S+:\S+  (sha256:[0-9a-f]{64})", outcome.output, re.MULTILINE)
    assert found, outcome.output
    return found[1]


def until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; False where it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
