"""The keys of `.env` that name a mount, and the mounts that they make together."""

import re
from collections.abc import Callable, Mapping

from ops.settings.shares import Login, Mount, Share, share, smb_name, smb_password, target_problems

MOUNT_RULES: dict[str, Callable[[str], object]] = {
    "MOUNT": share,
    "SMB_USER": smb_name,
    "SMB_PASSWORD": smb_password,
    "SMB_DOMAIN": smb_name,
}
MOUNT_KEY = re.compile(rf"(?P<what>{'|'.join(MOUNT_RULES)})_(?P<name>[A-Z][A-Z0-9_]{{0,30}})")


def join(values: Mapping[str, object]) -> tuple[tuple[Mount, ...], list[str]]:
    """Return the mounts that checked values describe, and what is wrong between the values.

    A login is the mount's own (``SMB_USER_LEEM``), else that of all (``SMB_USER``).
    """
    mounts, problems = {}, []
    for key, value in values.items():
        found = MOUNT_KEY.fullmatch(key)
        if found and found["what"] != "MOUNT" and not values.get(f"MOUNT_{found['name']}"):
            problems.append(f"{key}: there is no MOUNT_{found['name']} to log in for")
        elif found and isinstance(value, Share):
            name = found["name"]
            own = {part: _of(values, part, name) for part in MOUNT_RULES if part != "MOUNT"}
            for part in ("SMB_USER", "SMB_PASSWORD"):
                # One that was refused is not among the values, and is a problem already.
                if not own[part] and part in values:
                    problems.append(f"{part}: is missing, and {key} needs it (or {part}_{name})")
            mounts[name] = Mount(name.lower(), value, Login(*own.values()))  # type: ignore[arg-type]
    return tuple(mounts.values()), [*dict.fromkeys(problems), *target_problems(mounts)]


def _of(values: Mapping[str, object], part: str, name: str) -> object:
    own = values.get(f"{part}_{name}")
    return values.get(part) if own is None else own
