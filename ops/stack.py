"""Operation: registry, proxy and hub, from `compose/` and `.env` to running containers."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ops.command import Change, Shell, Step, Upload, run
from ops.config import Config
from ops.engine import BASE
from ops.facts import STACK_FOLDER, TOKEN_FILE, Container, Stack
from ops.hashing import digest, is_leftover

TOKEN = "640 0 13 64"  # noqa: S105  mode, owner, group (Debian's `proxy`), size
SETTINGS = "settings.env"

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

# What a failed start replaced is put back: the old containers were made from the old release.
_START = """\
release=$1 current=$2 port=$3
start() { docker compose --env-file settings.env up --detach --remove-orphans --wait \\
  --wait-timeout 180; }
answers() { exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /hub/health HTTP/1.0\\r\\n\\r\\n' >&3
  head -n 1 <&3 | grep -q ' 200 '; }
await() { for _ in $(seq 60); do (answers) 2>/dev/null && return; sleep 1; done
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


@dataclass(frozen=True)
class Release:
    """The files of one state of the stack, by path, and what each service is made of."""

    files: Mapping[str, Upload]
    inputs: Mapping[str, str]
    port: int

    @property
    def folder(self) -> str:
        """Where it stands on the host: two equal releases are one folder."""
        parts = [f"{path}\0{file.mode}\0{file.content}" for path, file in self.files.items()]
        return f"{STACK_FOLDER}/releases/{digest(*parts)}"

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file, as `sha256sum` on the host prints it."""
        return {
            path: hashlib.sha256(str(file.content).encode()).hexdigest()
            for path, file in self.files.items()
        }


def read_files(folder: Path) -> dict[str, Upload]:
    """Read `compose/`: its files by their path in it."""
    return {
        str(path.relative_to(folder)): Upload(
            path=str(path.relative_to(folder)),
            content=path.read_text(),
            mode="0755" if path.stat().st_mode & 0o100 else "0644",
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_leftover(path.relative_to(folder))
    }


def render_release(files: Mapping[str, Upload], config: Config, base_inputs: str) -> Release:
    """Render the settings of `.env` into a release of these files."""
    settings = _settings(config)
    services = yaml.load(str(files["compose.yaml"].content), yaml.CSafeLoader)["services"]
    inputs = {
        name: _inputs(name, service, files, settings, base_inputs)
        for name, service in services.items()
    }
    settings |= {f"{name.upper()}_INPUTS": value for name, value in inputs.items()}
    text = "".join(f"{key}={_quoted(value)}\n" for key, value in settings.items())
    return Release({**files, SETTINGS: Upload(SETTINGS, text)}, inputs, config.hub_port)


def _settings(config: Config) -> dict[str, str]:
    return {
        "BASE_IMAGE": BASE,
        "HUB_PORT": str(config.hub_port),
        "LAB_NAME": config.lab_name,
        "HUB_ADMINS": ",".join(config.hub_admins),
        "MEMORY_LIMIT": config.memory_limit,
        "CPU_LIMIT": f"{config.cpu_limit:g}",
        "PROCESS_LIMIT": str(config.process_limit),
        "IDLE_HOURS": f"{config.idle_hours:g}",
        "IMAGE_NAME": config.image_name,
    }


def _quoted(value: str) -> str:
    # In Compose's env files single quotes keep everything but themselves and the backslash
    # before them.
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _inputs(
    name: str,
    service: Mapping[str, object],
    files: Mapping[str, Upload],
    settings: Mapping[str, str],
    base_inputs: str,
) -> str:
    """Digest all that a service is made of: its part of compose.yaml, its folder, the base."""
    rendered = re.sub(
        r"\$\{([A-Z_]+)[^}]*\}",
        lambda found: settings.get(found[1], found[0]),
        json.dumps(service, sort_keys=True),
    )
    folder = [f"{p}\0{f.mode}\0{f.content}" for p, f in files.items() if p.startswith(f"{name}/")]
    return digest(rendered, base_inputs, *folder)


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
        yield Change(
            f"Build {_listed(changed)}",
            (
                run(
                    *("docker", "compose", "--env-file", SETTINGS, "build", "--quiet"),
                    *changed,
                    cwd=release.folder,
                ),
            ),
        )
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
