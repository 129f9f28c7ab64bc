"""What a lab image is made of: a folder to build from, and what the image will say of itself."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ops.errors import ConfigError, UsageError
from ops.hashing import LEFTOVERS, digest
from ops.images.offer import reference
from ops.images.source import GitSource, PypiSource, export, parse_source, tree_hash
from ops.settings.config import Config
from ops.stack.release import jupyterhub_version

BUILD_FOLDER = ".cache/labhub/build"
OWN = "recipe"
"""Where, in the folder to build from, an image's own recipe stands."""
NOTE_LENGTH = 200


@dataclass(frozen=True)
class Wanted:
    """What the operator asks for: an image at a tag, with a note for the members."""

    name: str
    tag: str
    note: str = ""


@dataclass(frozen=True)
class Image:
    """What is to be built; `common` digests what it shares with other versions of it."""

    name: str
    tag: str
    context: Path
    import_name: str
    jupyterhub: str
    base_image: str
    revision: str
    common: str = ""
    note: str = ""

    @property
    def inputs(self) -> str:
        """Digest all that the image is made of; equal inputs are the same image."""
        parts = (self.tag, self.import_name, self.jupyterhub, self.base_image)
        return digest(tree_hash(self.context), *parts)

    @property
    def has_own_recipe(self) -> bool:
        """Say whether a Dockerfile of its own makes it, and not the package's."""
        return (self.context / OWN).is_dir()

    @property
    def reference(self) -> str:
        """Return the image as the host's engine calls it."""
        return reference(self.name, self.tag)

    @property
    def folder(self) -> str:
        """Return the build folder, in the home of the operator on the host."""
        return f"{BUILD_FOLDER}/{self.name}-{self.tag}"


def read_note(text: str) -> str:
    """Check the note of a version; members see it as it is.

    :raises UsageError: where it is no short line.
    """
    if not text.isprintable() or len(text) > NOTE_LENGTH:
        raise UsageError(f"--note should be one line of at most {NOTE_LENGTH} characters")
    return text.strip()


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


def own_recipes(folder: Path) -> tuple[str, ...]:
    """Return the images that have a recipe of their own: the folders with a Dockerfile."""
    return tuple(sorted(path.parent.name for path in folder.glob("*/Dockerfile")))


def require_recipe(root: Path, config: Config, name: str) -> None:
    """Refuse the name of an image that nothing says how to make.

    :raises UsageError: with the names that there are.
    """
    own = own_recipes(root / "lab-image")
    if name not in (*own, config.image_name):
        known = ", ".join(dict.fromkeys((config.image_name, *own)))
        raise UsageError(
            f"There is no image {name}: there are {known}. A new one is a folder with a "
            f"Dockerfile, lab-image/{name}/Dockerfile"
        )


def prepare(root: Path, config: Config, wanted: Wanted, into: Path, cache: Path) -> Image:
    """Fill a folder with what to build from: `lab-image/`, and the package or an own recipe."""
    folder, context = root / "lab-image", into / "context"
    own = own_recipes(folder)
    shutil.copytree(folder, context, ignore=shutil.ignore_patterns(*LEFTOVERS, *own))
    jupyterhub = jupyterhub_version(root / "compose/hub/requirements.in")
    common = digest(tree_hash(context), jupyterhub, config.base_image)
    if wanted.name in own:
        ignore = shutil.ignore_patterns(*LEFTOVERS)
        shutil.copytree(folder / wanted.name, context / OWN, ignore=ignore)
        import_name, revision = "", ""
    else:
        exported = export(read_source(config), wanted.tag, context / "source", cache)
        import_name, revision = config.agfalta_tools_import, exported.revision
    return Image(
        name=wanted.name,
        tag=wanted.tag,
        context=context,
        import_name=import_name,
        jupyterhub=jupyterhub,
        base_image=config.base_image,
        revision=revision,
        common=common,
        note=wanted.note,
    )
