"""The spawn page's inner part: from the catalogue to HTML."""

from html import escape

from .catalogue import Catalogue, Repository

BUTTON = '<button type="submit" class="btn btn-jupyter btn-lg w-100 mt-4">Start my lab</button>'


def render_form(catalogue: Catalogue, image_name: str) -> str:
    """Render the versions to choose from, the very first preselected."""
    if not catalogue:
        return render_empty(image_name)
    chosen = f"{catalogue[0].name}:{catalogue[0].tags[0]}"
    return "\n".join([*(_render_repository(image, chosen) for image in catalogue), BUTTON])


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


def _render_notice(title: str, html: str) -> str:
    return (
        f'<div class="alert alert-warning" role="alert"><h2 class="h5">{escape(title)}</h2>'
        f'<p class="mb-0">{html}</p></div>\n'
        '<a class="btn btn-outline-contrast w-100" href="">Try again</a>'
    )


def _render_repository(image: Repository, chosen: str) -> str:
    choices = "\n".join(_render_choice(image, tag, chosen) for tag in image.tags)
    return (
        f'<fieldset class="lab-versions mb-4"><legend class="h5">{escape(image.name)}</legend>\n'
        f'<div class="list-group">\n{choices}\n</div></fieldset>'
    )


def _render_choice(image: Repository, tag: str, chosen: str) -> str:
    reference = f"{image.name}:{tag}"
    checked = " checked" if reference == chosen else ""
    return (
        '<label class="list-group-item list-group-item-action d-flex align-items-center gap-3">'
        f'<input class="form-check-input m-0" type="radio" name="image" required'
        f' value="{escape(reference)}"{checked}>'
        f'<span class="flex-grow-1">{escape(tag)}</span>{_render_note(image, tag)}</label>'
    )


def _render_note(image: Repository, tag: str) -> str:
    versions = [name for name in image.tags if name != "latest"]
    if tag == "latest":
        return '<small class="text-body-secondary">whatever was published last</small>'
    if tag == versions[0]:
        return '<span class="badge text-bg-success">newest</span>'
    return ""
