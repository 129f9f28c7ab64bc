"""Operation: registry, proxy and hub, from a release to running containers."""

from collections.abc import Iterator

from ops.remote.command import Change, Shell, Step, Upload
from ops.stack.database import keep, kept
from ops.stack.facts import STACK_FOLDER, TOKEN_FILE, Container, Stack
from ops.stack.release import SETTINGS, Release
from ops.words import listed

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
# One after the other: builds that begin on one base together can lose its mount to each other.
_BUILD = """\
cd "$1"; settings=$2; shift 2
for image; do
  docker image inspect "labhub-$image" >/dev/null 2>&1 ||
    docker compose --env-file "$settings" build --quiet "${image%%:*}"
done
"""

# What a failed start replaced is put back: the old containers were made from the old release. With
# another JupyterHub the database is one that it can read, and on the way back the one from before.
_START = """\
release=$1 current=$2 port=$3 database=$4 otherwise=$5
put() {
  [ -n "$1" ] || return 0
  local data
  data=$(docker volume inspect -f '{{.Mountpoint}}' labhub-hub-data) && docker stop labhub-hub &&
    rm -f "$data"/jupyterhub.sqlite-* && install -m 0600 "$1" "$data/.jupyterhub.new" &&
    sync "$data/.jupyterhub.new" && mv -fT "$data/.jupyterhub.new" "$data/jupyterhub.sqlite"
}
start() { docker compose --env-file settings.env up --detach --remove-orphans --wait \\
  --wait-timeout 300; }
answers() { exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /hub/health HTTP/1.0\\r\\n\\r\\n' >&3
  head -n 1 <&3 | grep -q ' 200 '; }
await() { for _ in $(seq 60); do (answers) 2>/dev/null && return; sleep 1; done
  echo "the hub does not answer at port $port"; return 1; }
point() { ln -sfnT "$1" "$current.new" && mv -fT "$current.new" "$current"; }
before=$(readlink "$current" || true)
if [ -n "$database" ] && [ ! -f "$database" ]; then
  echo "The database that its JupyterHub could read is no longer there: $database"; exit 1
fi
cd "$release"
# Another JupyterHub changes the database: from then on it is the one to be started at a boot.
if put "$database" && { [ -z "$otherwise" ] || point "$release"; } && start && await; then
  point "$release"
  exit 0
fi
for name in registry proxy hub; do
  [ "$(docker inspect -f '{{.State.Health.Status}}' "labhub-$name" 2>/dev/null)" = healthy ] ||
    docker logs --tail 8 "labhub-$name" 2>&1 | sed "s/^/$name: /" || true
done
if [ -d "$before" ] && [ "$before" != "$release" ]; then
  cd "$before" && { put "$otherwise" && point "$before" && start; } >/dev/null 2>&1 &&
    echo "The release before it was put back and runs."
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
        yield Change(f"Build {listed(changed)}", (build,))
    ill = [name for name, has in have.items() if not (has.running and has.healthy)]
    if starting := [name for name in have if name in changed or name in ill]:
        why = f"Start {listed(starting)} and wait until the hub answers"
    elif not is_current:
        why = "Make this release the current one"
    else:
        return
    before = facts.jupyterhub
    if before and before != release.jupyterhub:
        yield keep(before)
        yield Change(why, (start_release(release.folder, release.port, otherwise=kept(before)),))
    else:
        yield Change(why, (start_release(release.folder, release.port),))


def start_release(folder: str, port: int, database: str = "", otherwise: str = "") -> Shell:
    """Return the step that starts a release, and makes it the current one once its hub answers.

    Where it does not, the current one is put back. `database` is put in place for the one, and
    `otherwise` for the other, where their versions of JupyterHub differ.
    """
    what = f"docker compose --env-file {SETTINGS} up --detach --wait"
    args = (folder, f"{STACK_FOLDER}/current", str(port), database, otherwise)
    return Shell(what, _START, args)


def _uploads(release: Release) -> Iterator[Step]:
    for path, file in release.files.items():
        yield Upload(f"{release.folder}/{path}", file.content, file.mode)
