"""The spawn page's inner part: from the catalogue and the mounts to HTML, and back to a choice."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .catalogue import Catalogue, Repository, Version
from .guard import Away
from .mounts import Mount

BUTTON = '<button type="submit" class="btn btn-jupyter btn-lg w-100 mt-4">Start my lab</button>'


def render_form(
    catalogue: Catalogue,
    image_name: str,
    mounts: Sequence[Mount] = (),
    away: Sequence[Away] = (),
) -> str:
    """Render the versions to choose from, the very first preselected, and the lab's mounts."""
    if not catalogue:
        return render_empty(image_name)
    chosen = f"{catalogue[0].name}:{catalogue[0].tags[0]}"
    versions = [_render_repository(image, chosen) for image in catalogue]
    lost = {it.mount for it in away}
    listed = _render_mounts([mount for mount in mounts if mount not in lost])
    return "\n".join([*versions, *listed, *map(_render_away, away), BUTTON])


def parse_choice(form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Read the form's fields: the version, and the mounts that the member will do without."""
    without = [name for name in form.get("without", ()) if name]
    return {"image": (form.get("image") or [""])[0]} | ({"without": without} if without else {})


def consent(options: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the mounts that the member will do without, whoever sent the options."""
    said = options.get("without")
    # A text would hold the names of which it holds the letters.
    names = said if isinstance(said, list) else []
    return frozenset(name for name in names if isinstance(name, str))


def render_empty(image_name: str) -> str:
    """Render what to do while there is no image at all."""
    return _render_notice(
        "There is no version to start yet",
        f"The registry holds no image. As soon as the operator has typed "
        f"<code>inv push --tag 1.2</code>, {escape(image_name)} 1.2 appears here.",
    )


def render_down() -> str:
    """Render what to do while the registry does not answer."""
    return _render_notice(
        "The list of versions cannot be read at the moment",
        "The lab's registry does not answer. Labs that are running are not affected. "
        "Try again in a minute; if it stays like this, ask the operator to type "
        "<code>inv deploy</code>, which starts it again.",
    )


def _render_mounts(mounts: Sequence[Mount]) -> list[str]:
    if not mounts:
        return []
    rows = "\n".join(
        f'<li><code>~/{escape(mount.name)}</code> <small class="text-body-secondary">'
        f"{escape(mount.target)}{', read-only' if mount.read_only else ''}</small></li>"
        for mount in mounts
    )
    return [
        '<section class="lab-mounts"><h2 class="h5">Your lab will have</h2>\n'
        f'<ul class="list-unstyled mb-0">\n{rows}\n</ul></section>'
    ]


def _render_away(away: Away) -> str:
    name = escape(away.mount.name)
    return (
        '<div class="alert alert-warning mt-4 mb-0" role="alert">'
        f'<p class="mb-2">{escape(away.sentence)}</p>\n<div class="form-check">'
        '<input class="form-check-input" type="checkbox" name="without" required'
        f' value="{name}" id="without-{name}">'
        f'<label class="form-check-label" for="without-{name}">Start without {name}</label>'
        "</div>\n<small>It appears in your lab by itself once it is back.</small></div>"
    )


def _render_notice(title: str, html: str) -> str:
    return (
        f'<div class="alert alert-warning" role="alert"><h2 class="h5">{escape(title)}</h2>'
        f'<p class="mb-0">{html}</p></div>\n'
        '<a class="btn btn-outline-contrast w-100" href="">Try again</a>'
    )


def _render_repository(image: Repository, chosen: str) -> str:
    choices = "\n".join(_render_choice(image, version, chosen) for version in image.versions)
    return (
        f'<fieldset class="lab-versions mb-4"><legend class="h5">{escape(image.name)}</legend>\n'
        f'<div class="list-group">\n{choices}\n</div></fieldset>'
    )


def _render_choice(image: Repository, version: Version, chosen: str) -> str:
    reference = f"{image.name}:{version.tag}"
    checked = " checked" if reference == chosen else ""
    note = f"<br>{_small(version.note)}" if version.note else ""
    return (
        '<label class="list-group-item list-group-item-action d-flex align-items-center gap-3">'
        f'<input class="form-check-input m-0" type="radio" name="image" required'
        f' value="{escape(reference)}"{checked}>'
        f'<span class="flex-grow-1 text-break">{escape(version.tag)}{note}</span>'
        f"{_render_mark(image, version)}</label>"
    )


def _render_mark(image: Repository, version: Version) -> str:
    releases = [it.tag for it in image.versions if it.tag != "latest" and not it.work]
    if version.tag == "latest":
        return _small(f"is {version.own_tag}" if version.own_tag else "what members get unasked")
    if version.work:
        return '<span class="badge text-bg-secondary">work in progress</span>'
    if version.tag == releases[0]:
        return '<span class="badge text-bg-success">newest</span>'
    return ""


def _small(text: str) -> str:
    return f'<small class="text-body-secondary">{escape(text)}</small>'
