"""Which images can be started and with which rights, with the real spawner and a small registry."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm
from labhub.accounts import Account, Group
from labhub.errors import SpawnError
from labhub.guard import Guard
from labhub.labels import NOTE
from labhub.mounts import Mount
from labhub.registry import Registry, RegistryDownError
from labhub.spawner import LabSpawner
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

TAGS: dict[str, list[str] | None] = {"agfalta_tools": ["1.2", "1.10"], "a/b": ["3"], "gone": None}
LABELS = {"1.2": {NOTE: "for the paper"}, "1.10": None, "3": {}}
ASKED: list[str] = []
ALICE = Account("jupyter-anna-lena", 1001, (Group("own", 1001), Group("users", 100)), "/home/x")
DATA = Mount("data", "/mnt/data", "nas", True, None)


class Answers(RequestHandler):
    """The registry's questions, with the answers that Debian's registry gives."""

    def get(self, path: str) -> None:
        if path == "_catalog":
            self.finish(json.dumps({"repositories": sorted([*TAGS, "emptied"])}))
        elif path.removesuffix("/tags/list") in TAGS:
            name = path.removesuffix("/tags/list")
            self.finish(json.dumps({"name": name, "tags": TAGS[name]}))
        elif (found := path.partition("/manifests/"))[2] in LABELS:
            self.finish(json.dumps({"config": {"digest": f"sha256:of-{found[2]}"}}))
        elif (found := path.partition("/blobs/sha256:of-"))[2] in LABELS and found[2] != "3":
            ASKED.append(found[2])
            odd = found[2] == "1.10"
            self.finish(json.dumps({"config": None if odd else {"Labels": LABELS[found[2]]}}))
        else:
            self.set_status(404)


def with_registry(use: Callable[[str], Awaitable[Any]]) -> Any:
    """Run a coroutine beside a registry; it is given the registry's address."""

    async def run() -> Any:
        socket, port = bind_unused_port()
        server = HTTPServer(Application([(r"/v2/(.*)", Answers)]))
        server.add_socket(socket)
        try:
            return await use(f"http://127.0.0.1:{port}")
        finally:
            server.stop()

    return asyncio.run(run())


def make_spawner(url: str) -> LabSpawner:
    spawner = LabSpawner(
        registry_url=url,
        image_name="agfalta_tools",
        prefix="lab",
        name_template="{prefix}-{username}",
        mem_limit="1G",
    )
    spawner.user = SimpleNamespace(name="anna-lena")
    spawner.db = SimpleNamespace(commit=lambda: None)
    spawner.orm_spawner = orm.Spawner(name="", user_options={"image": "forged"})
    return spawner


def test_the_registry_is_asked_for_all_tags() -> None:
    found = with_registry(lambda url: Registry(url, "agfalta_tools").catalogue())
    assert [(image.name, image.tags) for image in found] == [
        ("agfalta_tools", ("1.10", "1.2")),
        ("a/b", ("3",)),
    ]


def test_the_registry_is_reached_by_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"

    async def use(url: str) -> Any:
        server = HTTPServer(Application([(r"/v2/(.*)", Answers)]))
        server.add_socket(bind_unix_socket(str(path)))
        try:
            return await Registry(f"unix://{path}", "agfalta_tools").catalogue()
        finally:
            server.stop()

    assert [image.name for image in with_registry(use)] == ["agfalta_tools", "a/b"]
    path.unlink()
    with pytest.raises(RegistryDownError):
        asyncio.run(Registry(f"unix://{path}", "x").catalogue())


def test_what_an_image_says_of_itself_is_asked_once() -> None:
    for _ in range(2):
        found = with_registry(lambda url: Registry(url, "agfalta_tools").catalogue())
    notes = {version.tag: version.note for image in found for version in image.versions}
    assert notes == {"1.10": "", "1.2": "for the paper", "3": ""}, "odd and lost ones have a name"
    assert ASKED.count("1.2") == 1


def test_a_registry_that_is_down_is_one_kind_of_error() -> None:
    with pytest.raises(RegistryDownError):
        asyncio.run(Registry("http://127.0.0.1:1", "x").catalogue())


def test_trap_8_the_form_is_asked_at_each_request() -> None:
    spawner = make_spawner("http://127.0.0.1:1")
    assert callable(spawner.options_form)
    assert "does not answer" in asyncio.run(spawner.get_options_form())

    async def use(url: str) -> str:
        spawner.registry_url = url
        page: str = await spawner.get_options_form()
        return page

    page = with_registry(use)
    assert "agfalta_tools:1.10" in page


def test_trap_15_an_image_is_pulled_from_the_engine_s_address() -> None:
    name = with_registry(lambda url: make_spawner(url).check_allowed("agfalta_tools:1.2"))
    assert name == "localhost:5000/agfalta_tools:1.2"


@pytest.mark.parametrize(
    "image",
    [
        "agfalta_tools:9",
        "debian",
        "localhost:5000/agfalta_tools:1.2",
        "gone:1",
        "%s",
        5,
        ["agfalta_tools:1.2"],
        {"agfalta_tools:1.2": 1},
        "agfalta_tools:1.2 ",
    ],
)
def test_a_forged_image_is_refused_and_forgotten(image: object) -> None:
    async def use(url: str) -> dict[str, object]:
        spawner = make_spawner(url)
        with pytest.raises(SpawnError) as caught:
            await spawner.check_allowed(image)
        assert caught.value.status_code == 400
        kept: dict[str, object] = spawner.orm_spawner.user_options
        return kept

    assert with_registry(use) == {}


def test_without_a_choice_the_newest_is_meant() -> None:
    assert with_registry(lambda url: make_spawner(url)._newest()) == "agfalta_tools:1.10"


def test_trap_16_a_spawn_that_fails_says_why() -> None:
    with pytest.raises(SpawnError) as caught:
        asyncio.run(make_spawner("http://127.0.0.1:1").check_allowed("agfalta_tools:1.2"))
    assert caught.value.status_code == 503
    assert "registry does not answer" in caught.value.jupyterhub_message


def with_mounts(spawner: LabSpawner, tmp_path: Path, *problems: str | None) -> LabSpawner:
    """Let a host have the mount `data`, of which probes say what is given, one after the other."""
    (tmp_path / "mounts.json").write_text(json.dumps([asdict(DATA)]))
    spawner.mounts_file = str(tmp_path / "mounts.json")
    answers = iter(problems)
    spawner.guard = Guard(lambda mount: next(answers))
    return spawner


def test_the_form_is_refused_where_a_mount_is_away_and_the_member_has_not_agreed(
    tmp_path: Path,
) -> None:
    spawner = with_mounts(make_spawner(""), tmp_path, "x", None)
    with pytest.raises(SpawnError) as caught:
        asyncio.run(spawner.run_options_from_form({"image": ["a:1"]}))
    assert caught.value.status_code == 503
    assert caught.value.jupyterhub_message == "data (/mnt/data) is away: x."
    agreed = {"image": ["a:1"], "without": ["data"]}
    assert asyncio.run(spawner.run_options_from_form(agreed)) == {
        "image": "a:1",
        "without": ["data"],
    }
    assert asyncio.run(spawner.run_options_from_form({"image": ["a:1"]})) == {"image": "a:1"}


def test_a_consent_holds_for_one_start(tmp_path: Path) -> None:
    spawner = make_spawner("")
    spawner.user_options = spawner.orm_spawner.user_options = {"image": "a:1", "without": ["data"]}
    spawner._forget_consent()
    assert spawner.user_options == spawner.orm_spawner.user_options == {"image": "a:1"}


def test_the_page_says_what_is_away_and_a_list_that_is_broken_is_one_sentence(
    tmp_path: Path,
) -> None:
    async def use(url: str) -> None:
        spawner = with_mounts(make_spawner(url), tmp_path, "x", None)
        assert "data (/mnt/data) is away: x." in await spawner.get_options_form()
        assert "<code>~/data</code>" in await spawner.get_options_form()
        Path(spawner.mounts_file).write_text("[")
        with pytest.raises(SpawnError, match="inv mounts"):
            await spawner.get_options_form()

    with_registry(use)


def test_only_a_mount_that_the_host_has_made_is_bound(tmp_path: Path) -> None:
    spawner = make_spawner("")
    spawner.host_root = str(tmp_path)
    spawner._prepare(ALICE, (DATA,))
    assert len(spawner.mounts) == 1 and spawner.bound == ()
    (tmp_path / "srv/labhub/data").mkdir(parents=True)
    spawner._prepare(ALICE, (DATA,))
    assert [mount["target"] for mount in spawner.mounts] == ["/home/x", "/srv/labhub/data"]
    assert [mount["Target"] for mount in spawner.mount_binds] == ["/home/x", "/srv/labhub/data"]
    assert spawner.mount_binds[1]["BindOptions"] == {"Propagation": "rslave"}


def test_trap_9_a_lab_runs_as_the_host_s_user_with_no_more_rights_than_needed() -> None:
    spawner = make_spawner("")
    spawner._prepare(Account("old", 1, (Group("old", 1),), "/old"))
    spawner._prepare(ALICE)
    assert spawner.extra_create_kwargs["user"] == "1001:1001"
    host = spawner.extra_host_config
    assert host["group_add"] == ["100"]
    assert host["cap_drop"] == ["ALL"]
    assert host["security_opt"] == ["no-new-privileges:true"]
    assert host["restart_policy"] == {"Name": "no"}
    assert spawner.mounts == [{"type": "bind", "source": "/home/x", "target": "/home/x"}]


def test_trap_13_a_container_has_the_escaped_name_and_the_member_s_own_as_label() -> None:
    spawner = make_spawner("")
    spawner._prepare(ALICE)
    assert spawner.container_name == "lab-anna-2dlena"
    assert spawner.extra_create_kwargs["labels"] == {"labhub.lab": "anna-lena"}
