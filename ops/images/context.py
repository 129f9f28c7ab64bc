"""What the lab image is built from: `lab-image/`, the site's lists, the package at its tag."""

import os
import re
import shutil
from pathlib import Path

from ops.errors import ConfigError, OperationError
from ops.hashing import LEFTOVERS, digest, tree_hash
from ops.images.build import Image
from ops.images.export import export
from ops.images.lists import read_lists
from ops.images.source import GitSource, PypiSource, parse_source
from ops.images.wanted import Wanted
from ops.labels import lab_base
from ops.settings.config import Config

LAST = "last"
"""The folder of what the registry is asked for: what earlier images have of Python packages."""
OWN = "own.txt"
FROM_GIT = "from-git.txt"


def cache_folder(what: str) -> Path:
    """Return where mirrors of repositories (``git``) or outputs of builds (``log``) are kept."""
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "labhub" / what


def read_source(config: Config) -> GitSource | PypiSource:
    """Read where the analysis package comes from.

    :raises ConfigError: where `.env` does not say it, or not well.
    """
    value = config.agfalta_tools_source
    if value is None:
        raise ConfigError(
            "AGFALTA_TOOLS_SOURCE: is missing: a git URL, the folder of a checkout, or pypi:NAME"
        )
    try:
        return parse_source(value)
    except ValueError as error:
        raise ConfigError(f"AGFALTA_TOOLS_SOURCE: {error}") from error


def prepare(
    root: Path, config: Config, wanted: Wanted, into: Path, cache: Path | None = None
) -> Image:
    """Fill a folder with the build context: `lab-image/`, the lists, the package that is wanted."""
    context = into / "context"
    source, lists = read_source(config), read_lists(config.site)
    shutil.copytree(root / "lab-image", context, ignore=shutil.ignore_patterns(*LEFTOVERS))
    (context / "site").mkdir()
    for name, text in lists.items():
        (context / "site" / name).write_text(text)
    (context / LAST).mkdir()
    for name in (OWN, FROM_GIT):
        (context / LAST / name).touch()
    exported = export(
        source,
        wanted.ref,
        context / "source",
        cache or cache_folder("git"),
        config.agfalta_tools_without,
        is_work=wanted.is_work,
    )
    tag = wanted.image_tag(exported.revision, exported.branch)
    said = {
        "import_name": config.agfalta_tools_import,
        "jupyterhub": jupyterhub_version(root / "compose/hub/requirements.in"),
        "revision": exported.revision,
        # Work in progress has a version of its own.
        "version": "" if wanted.is_work else str(wanted.version or wanted.ref),
        "subfolder": source.subfolder if isinstance(source, GitSource) else "",
    }
    made = (tag, config.lab_base_image, *said.values(), *source.extras)
    return Image(
        name=config.image_name,
        tag=tag,
        context=context,
        base=lab_base(config.base_image, config.lab_base_image),
        inputs=digest(tree_hash(context), *made),
        extras=source.extras,
        work=(exported.branch or exported.revision) if wanted.is_work else "",
        note=wanted.note,
        stays=wanted.stays,
        **said,
    )


def jupyterhub_version(requirements: Path) -> str:
    """Read the one place that names the JupyterHub version."""
    found = re.search(r"^jupyterhub==(\S+)", requirements.read_text(), re.MULTILINE)
    if found is None:
        raise OperationError(f"{requirements} does not pin jupyterhub==…; restore that line")
    return found[1]
