"""The links of the host's paths, as they are put into a container."""

import io
import tarfile

import pytest
from labhub.furnish import Link, pack_link, plan_link
from labhub.mounts import Mount

DATA = Mount("data", "/mnt/data", "nas", True, None)
DEEP = Mount("deep", "/lab/results/deep", "nas", True, None)
POINT = "/srv/labhub/data/share"


@pytest.mark.parametrize(
    ("mount", "image", "folders"),
    [
        (DATA, {"/mnt": True}, ()),
        (DATA, {}, ("/mnt",)),
        (DEEP, {}, ("/lab", "/lab/results")),
        (DEEP, {"/lab": True}, ("/lab/results",)),
    ],
)
def test_missing_folders_are_made(
    mount: Mount, image: dict[str, bool], folders: tuple[str, ...]
) -> None:
    link = plan_link(mount, image.get)
    assert link == Link(mount.target, mount.point, folders)


@pytest.mark.parametrize(
    ("mount", "image"),
    [
        (DATA, {"/mnt": True, "/mnt/data": True}),
        (DATA, {"/mnt": True, "/mnt/data": False}),
        (DATA, {"/mnt": False}),
        (DEEP, {"/lab": False}),
    ],
)
def test_what_the_image_has_stays(mount: Mount, image: dict[str, bool]) -> None:
    assert plan_link(mount, image.get) is None


def test_a_link_travels_with_its_folders_as_root_s() -> None:
    data = pack_link(Link("/lab/data", POINT, ("/lab",)))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        folder, link = archive.getmembers()
    assert (folder.name, folder.isdir(), folder.mode) == ("lab", True, 0o755)
    assert (link.name, link.issym(), link.linkname) == ("lab/data", True, POINT)
    assert (folder.uid, link.uid, link.gid) == (0, 0, 0)
