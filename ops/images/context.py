"""What the lab image is built from: `lab-image/` and the analysis package at its tag."""

import os
import re
import shutil
from pathlib import Path

from ops.errors import ConfigError, OperationError
from ops.hashing import LEFTOVERS
from ops.images.build import Image
from ops.images.source import GitSource, PypiSource, export, parse_source
from ops.settings.config import Config


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


def prepare(root: Path, config: Config, tag: str, into: Path, cache: Path | None = None) -> Image:
    """Fill a folder with the build context: `lab-image/` and the package at its tag."""
    context = into / "context"
    shutil.copytree(root / "lab-image", context, ignore=shutil.ignore_patterns(*LEFTOVERS))
    source = read_source(config)
    without = config.agfalta_tools_without
    exported = export(source, tag, context / "source", cache or cache_folder("git"), without)
    return Image(
        name=config.image_name,
        tag=tag,
        context=context,
        import_name=config.agfalta_tools_import,
        jupyterhub=jupyterhub_version(root / "compose/hub/requirements.in"),
        base_image=config.base_image,
        revision=exported.revision,
        subfolder=source.subfolder if isinstance(source, GitSource) else "",
        extras=source.extras,
    )


def jupyterhub_version(requirements: Path) -> str:
    """Read the one place that names the JupyterHub version."""
    found = re.search(r"^jupyterhub==(\S+)", requirements.read_text(), re.MULTILINE)
    if found is None:
        raise OperationError(f"{requirements} does not pin jupyterhub==…; restore that line")
    return found[1]
