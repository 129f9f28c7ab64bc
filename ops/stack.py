"""Operation: registry, proxy and hub, from a release to running containers."""

from collections.abc import Iterator

from ops.command import Change, Shell, Step, Upload
from ops.facts import STACK_FOLDER, TOKEN_FILE, Container, Stack
from ops.release import SETTINGS, Release

TOKEN = "640 0 13 64"  # noqa: S105  mode, owner, group (Debian's `proxy`), size

_GENERATE = """\
umask 077
mkdir -p "${1%/*}" && chmod 0755 "${1%/*}"
if [ "$(stat -c %s "$1" 2>/dev/null)" != 64 ]; then
  head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \\n' > "$1.new"
  sync "$1.new"
  mv -fT "$1.new" "$1"
  docker rm --force labhub-proxy labhub-hub >/dev/null 2>&1 || true  # they know the lost one
fi
chown 0:13 "$1"
chmod 0640 "$1"
"""

# An image's tag says what it is made of: one that is there is right, as after going back.
_BUILD = """\
cd "$1"; settings=$2; shift 2
missing=()
for image; do
  docker image inspect "labhub-$image" >/dev/null 2>&1 || missing+=("${image%%:*}")
done
[ ${#missing[@]} = 0 ] || docker compose --env-file "$settings" build --quiet "${missing[@]}"
"""

# What a failed start replaced is put back: the old containers were made from the old release.
_START = """\
release=$1 current=$2 port=$3
start() { docker compose --env-file settings.env up --detach --remove-orphans --wait \\
  --wait-timeout 600; }
answers() { exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /hub/health HTTP/1.0\\r\\n\\r\\n' >&3
  head -n 1 <&3 | grep -q ' 200 '; }
await() { for _ in $(seq 300); do (answers) 2>/dev/null && return; sleep 1; done
  echo "the hub does not answer at port $port"; return 1; }
cd "$release"
if start && await; then
  ln -sfnT "$release" "$current.new" && mv -fT "$current.new" "$current"
  exit 0
fi
for name in registry proxy hub; do
  [ "$(docker inspect -f '{{.State.Health.Status}}' "labhub-$name" 2>/dev/null)" = healthy ] ||
    docker logs --tail 8 "labhub-$name" 2>&1 | sed "s/^/$name: /" || true
done
if [ -d "$current" ] && [ "$(readlink "$current")" != "$release" ]; then
  cd "$current/" && start >/dev/null 2>&1 && echo "The release before it was put back and runs."
fi
exit 1
"""


def ensure_stack(release: Release, facts: Stack) -> Iterator[Change]:
    """Bring registry, proxy and hub to a release, touching only the services that differ."""
    if facts.token != TOKEN:
        yield Change(
            "Generate the secret shared by hub and proxy",
            (Shell(f"write 32 random bytes to {TOKEN_FILE}", _GENERATE, (TOKEN_FILE,)),),
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
        build = Shell(what, _BUILD, (release.folder, SETTINGS, *images))
        yield Change(f"Build {_listed(changed)}", (build,))
    ill = [name for name, has in have.items() if not (has.running and has.healthy)]
    if starting := [name for name in have if name in changed or name in ill]:
        why = f"Start {_listed(starting)} and wait until the hub answers"
    elif not is_current:
        why = "Make this release the current one"
    else:
        return
    arguments = (release.folder, f"{STACK_FOLDER}/current", str(release.port))
    what = f"docker compose --env-file {SETTINGS} up --detach --wait"
    yield Change(why, (Shell(what, _START, arguments),))


def _uploads(release: Release) -> Iterator[Step]:
    for path, file in release.files.items():
        yield Upload(f"{release.folder}/{path}", file.content, file.mode)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
