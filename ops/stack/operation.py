"""Operation: registry, proxy and hub, from a release to running containers."""

from collections.abc import Iterator

from ops.plan.command import Change, Shell, Step, Upload
from ops.plan.files import read_script
from ops.publisher import HASH_FILE, PASSWORD_FILE, USER
from ops.stack.facts import STACK_FOLDER, TOKEN_FILE, Container, Stack
from ops.stack.release import SETTINGS, Release
from ops.wording import listed

PUBLISHER = ("600 0 0", "640 0 5000", "pair")
"""Mode, owner and group of the password and of its hash, which the registry reads."""
TOKEN = "640 0 13 64"  # noqa: S105  mode, owner, group (Debian's `proxy`), size


def ensure_stack(release: Release, facts: Stack) -> Iterator[Change]:
    """Bring registry, proxy and hub to a release, touching only the services that differ."""
    if facts.token != TOKEN:
        yield Change(
            "Generate the secret shared by hub and proxy",
            (Shell(f"write 32 random bytes to {TOKEN_FILE}", _read("token.sh"), (TOKEN_FILE,)),),
        )
    is_current = facts.current == release.folder
    if not is_current or facts.files != release.digests():
        yield Change(f"Copy the stack's files to {release.folder}", tuple(_uploads(release)))
    none = Container(running=False, healthy=False, inputs=None)
    have = {name: facts.containers.get(name, none) for name in release.inputs}
    changed = [name for name, wanted in release.inputs.items() if have[name].inputs != wanted]
    if changed:
        images = [f"{name}:{release.inputs[name]}" for name in changed]
        what = f"docker compose --env-file {SETTINGS} build --quiet {' '.join(changed)}"
        build = Shell(what, _read("build.sh"), (release.folder, SETTINGS, *images))
        yield Change(f"Build {listed(changed)}", (build,))
    if facts.publisher != PUBLISHER:
        image = f"labhub-hub:{release.inputs['hub']}"
        made = (PASSWORD_FILE, HASH_FILE, USER, image)
        what = f"write 32 random bytes to {PASSWORD_FILE}, and their hash to {HASH_FILE}"
        yield Change(
            "Generate the credential for publishing to the registry",
            (Shell(what, _read("publisher.sh"), made),),
        )
    ill = [name for name, has in have.items() if not (has.running and has.healthy)]
    if starting := [name for name in have if name in changed or name in ill]:
        why = f"Start {listed(starting)} and wait until the hub answers"
    elif not is_current:
        why = "Make this release the current one"
    else:
        return
    arguments = (release.folder, f"{STACK_FOLDER}/current", str(release.port))
    what = f"docker compose --env-file {SETTINGS} up --detach --wait"
    yield Change(why, (Shell(what, _read("start.sh"), arguments),))


def _read(name: str) -> str:
    return read_script("ops.stack", name)


def _uploads(release: Release) -> Iterator[Step]:
    for path, file in release.files.items():
        yield Upload(f"{release.folder}/{path}", file.content, file.mode)
