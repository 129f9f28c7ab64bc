"""The member in the lab's own passwd and group files; the options of idle labs; the settings."""

import io
import tarfile

import pytest
from labhub.accounts import Account, Group
from labhub.identity import pack, unpack, with_groups, with_user
from labhub.idle import idle_args
from labhub.settings import read_settings

ALICE = Account(
    "jupyter-alice",
    1000,
    (Group("jupyter-alice", 1000), Group("users", 100)),
    "/home/jupyter-alice",
)
ENVIRONMENT = {
    "HUB_IMAGE": "labhub-hub:1",
    "LAB_NAME": "Lab",
    "LAB_CONTACT": "Karl",
    "HUB_ADMINS": "boss, anna",
    "PASSWORD_MIN_LENGTH": "8",
    "IMAGE_NAME": "tools",
}


def test_trap_10_the_member_is_known_and_the_image_s_users_are_kept() -> None:
    passwd = with_user("root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/sh\n", ALICE)
    assert passwd.splitlines() == [
        "root:x:0:0:root:/root:/bin/sh",
        "www:x:33:33::/:/bin/sh",
        "jupyter-alice:x:1000:1000::/home/jupyter-alice:/bin/bash",
    ]


def test_an_image_s_user_of_the_same_number_makes_room() -> None:
    passwd = with_user(
        "root:x:0:0::/root:/bin/sh\njovyan:x:1000:100::/home/jovyan:/bin/sh\n", ALICE
    )
    assert "jovyan" not in passwd
    assert passwd.startswith("root:")


def test_the_member_is_in_all_groups() -> None:
    group = with_groups("root:x:0:\nusers:x:100:jovyan\nother:x:1000:\n", ALICE)
    assert group.splitlines() == [
        "root:x:0:",
        "jupyter-alice:x:1000:jupyter-alice",
        "users:x:100:jupyter-alice",
    ]


def test_written_twice_it_is_the_same() -> None:
    once = with_user("", ALICE)
    assert with_user(once, ALICE) == once
    assert with_groups(with_groups("", ALICE), ALICE) == with_groups("", ALICE)


def test_files_are_packed_as_root_s_and_readable() -> None:
    packed = pack({"passwd": "ä\n", "group": ""})
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        found = [(one.name, one.uid, one.gid, oct(one.mode)) for one in archive]
    assert found == [("passwd", 0, 0, "0o644"), ("group", 0, 0, "0o644")]
    assert unpack(packed) == "ä\n"


def test_trap_12_a_busy_kernel_is_never_culled() -> None:
    args = idle_args(12)
    assert "--MappingKernelManager.cull_busy=False" in args
    assert "--MappingKernelManager.cull_idle_timeout=43200" in args
    assert "--ServerApp.shutdown_no_activity_timeout=43200" in args


def test_0_hours_keep_idle_labs_and_a_moment_is_never_0_seconds() -> None:
    assert idle_args(0) == []
    assert "--MappingKernelManager.cull_idle_timeout=1" in idle_args(0.00001)


def test_the_settings_are_read_whole() -> None:
    settings = read_settings(ENVIRONMENT)
    assert settings.admins == {"boss", "anna"}
    assert (settings.hub_image, settings.image_name) == ("labhub-hub:1", "tools")
    assert read_settings(ENVIRONMENT | {"HUB_ADMINS": ""}).admins == frozenset()


@pytest.mark.parametrize("key", ENVIRONMENT)
def test_a_missing_setting_is_an_error(key: str) -> None:
    with pytest.raises(KeyError):
        read_settings({name: ENVIRONMENT[name] for name in ENVIRONMENT if name != key})
