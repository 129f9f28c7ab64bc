"""The spawn page's inner part: from what is offered to HTML, and back to a choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .catalogue import Catalogue, references
from .details import Details, day_of, in_words
from .guard import Away
from .mounts import Mount
from .versions import make_groups

TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True)
class Offered:
    """Everything that a member may choose from; `refused` is the choice that was not possible."""

    catalogue: Catalogue
    first: str
    details: Mapping[str, Details] = field(default_factory=dict)
    labels: Mapping[str, object] = field(default_factory=dict)
    last: str | None = None
    mounts: Sequence[Mount] = ()
    away: Sequence[Away] = ()
    refused: Mapping[str, Any] | None = None


def render_form(offered: Offered) -> str:
    """Render the versions to choose from and the lab's mounts, or what to do without any."""
    if not offered.catalogue:
        return _render("no_versions.html", image_name=offered.first)
    refused = offered.refused or {}
    agreed = consent(refused)
    lost = {it.mount.name for it in offered.away}
    last = offered.last
    return _render(
        "versions.html",
        groups=make_groups(
            offered.catalogue, offered.details, offered.labels, last, refused.get("image")
        ),
        vanished=last if last and last not in references(offered.catalogue) else None,
        mounts=[mount for mount in offered.mounts if mount.name not in lost],
        away=offered.away,
        agreed=agreed,
        # The page's alert has said why these kept the lab from starting; once is enough.
        said=lost - agreed if offered.refused is not None else (),
    )


def render_down() -> str:
    """Render what to do while the registry does not answer."""
    return _render("registry_down.html")


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


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"in_words": in_words, "day_of": day_of}
    return pages


def _render(name: str, **values: object) -> str:
    return _pages().get_template(name).render(**values)
