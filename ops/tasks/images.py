"""Tasks of the versions of the lab image."""

from invoke import Context, task

from ops.tasks.run import WAIT, opened

IMAGE = "the image; without it IMAGE_NAME of .env"


@task(
    help={
        "tag": "the version: a git tag of the package, or its version on PyPI",
        "image": IMAGE + "; others have a folder with a Dockerfile, lab-image/NAME",
        "note": "a line for the members, shown where they choose a version",
        "latest": "also make it what `latest` means (--no-latest leaves it)",
        "force": "replace what is published under this tag",
        "wait": "wait in line for another push of this tag, or for a removal",
    },
)
def push(
    context: Context,
    tag: str,
    image: str = "",
    note: str = "",
    latest: bool = True,
    force: bool = False,
    wait: bool = False,
) -> None:
    """Build the lab image at a version, test and publish it.

    Example:

        inv push --tag 1.3 --note "new dispersion fit"
        inv push --image gpaw --tag 24.1   # from lab-image/gpaw/Dockerfile
    """
    with opened(context) as lab:
        from ops.images.push import push_wanted

        push_wanted(lab, tag, image, note, latest=latest, force=force, wait=wait)


@task(help={"json": "for programs; sizes are bytes"})
def images(context: Context, json: bool = False) -> None:
    """Show the images in the registry, and who runs them.

    Example:

        inv images
    """
    with opened(context) as lab:
        from ops.images.walks import show

        with lab.host() as host:
            show(host, lab.config.image_name, json)


@task(
    iterable=["tag"],
    help={
        "tag": "the version; may be given more than once",
        "label": "stable, testing or deprecated; none takes it back",
        "image": IMAGE,
        "wait": WAIT,
    },
)
def tag(context: Context, tag: list[str], label: str, image: str = "", wait: bool = False) -> None:
    """Label versions for the members.

    They see it where they choose one.

    Example:

        inv tag --tag 1.1 --label deprecated
    """
    with opened(context) as lab:
        from ops.images import walks
        from ops.images.labels import read_label, read_tags

        wanted, kind = read_tags(tag), read_label(tag, label)
        name = lab.image(image)
        with lab.host() as host:
            walks.label(host, name, wanted, kind, wait, lab.dry)


@task(
    iterable=["tag"],
    help={
        "tag": "the version; may be given more than once",
        "image": IMAGE,
        "force": "also what somebody runs, or has worked with by the records in their home",
        "wait": WAIT,
    },
)
def remove_tag(
    context: Context, tag: list[str], image: str = "", force: bool = False, wait: bool = False
) -> None:
    """Remove versions from the registry.

    What no other image needs goes as well; all others are proven complete.

    Example:

        inv remove-tag --tag 1.0 --tag 1.1
    """
    with opened(context) as lab:
        from ops.images import walks
        from ops.images.labels import read_tags

        name, wanted = lab.image(image), read_tags(tag)
        with lab.host() as host:
            walks.remove(host, name, wanted, force=force, wait=wait, dry=lab.dry)


@task(
    help={
        "yes": "do not ask",
        "force": "also replaced images that members have worked with by their records",
        "wait": WAIT,
    },
)
def prune(context: Context, yes: bool = False, force: bool = False, wait: bool = False) -> None:
    """Free the disk of what no tag and no lab needs.

    Images, build cache, layers and old releases; says what that is, and asks.

    Example:

        inv prune
    """
    with opened(context) as lab:
        from ops.images import walks

        with lab.host() as host:
            walks.prune(host, force=force, yes=yes, wait=wait, dry=lab.dry)
