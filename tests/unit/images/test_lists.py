"""The site's own lists: what they may hold, and what is said of what they may not."""

from pathlib import Path

import pytest

from ops.errors import ConfigError
from ops.images.lists import read_lists


def write(folder: Path, **lists: str) -> Path:
    site = folder / "site"
    site.mkdir()
    names = {"packages": "packages.txt", "build": "build-packages.txt", "python": "requirements.in"}
    for name, text in lists.items():
        (site / names.get(name, name)).write_text(text)
    return site


def test_a_site_without_lists_has_empty_ones(tmp_path: Path) -> None:
    none = dict.fromkeys(("packages.txt", "build-packages.txt", "requirements.in"), "")
    assert read_lists(tmp_path / "site") == none
    assert read_lists(write(tmp_path)) == none


def test_entries_are_kept_and_remarks_are_not(tmp_path: Path) -> None:
    site = write(
        tmp_path,
        packages="\ufeff# for plots\r\ngnuplot-nox  # small\n\nlibfftw3-dev=3.3.10-1 vim\n",
        python="lmfit>=1.3; python_version >= '3.9'\nio @ git+https://h.org/io.git@v1#egg=io # x\n",
    )
    lists = read_lists(site)
    assert lists["packages.txt"] == "gnuplot-nox\nlibfftw3-dev=3.3.10-1 vim\n"
    assert lists["build-packages.txt"] == ""
    assert lists["requirements.in"].splitlines() == [
        "lmfit>=1.3; python_version >= '3.9'",
        "io @ git+https://h.org/io.git@v1#egg=io",
    ]


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"packages": "# x\nGnuplot\n"}, "site/packages.txt:2: 'Gnuplot' cannot be the name of a"),
        ({"build": "libxc-dev; rm -rf /\n"}, "site/build-packages.txt:1: 'libxc-dev;' cannot be"),
        ({"packages": "--allow-downgrades\n"}, "'--allow-downgrades' cannot be the name of a"),
        ({"packages": "python3-\n"}, "'python3-' cannot be"),  # apt would remove it
        ({"python": "io @ git+https://op:tok@h.org/io.git\n"}, "a password in it would stand in"),
        ({"python": "io @ git+https://tok@h.org/io.git\n"}, "a password in it would stand in"),
        ({"python": "git+https://op:tok@h.org/io.git\n"}, "a password in it would stand in"),
        ({"python": "io @ https://h.org/io.whl?private_token=tok\n"}, "a password in it would"),
        ({"python": "--index-url https://op:tok@h.org/simple\n"}, "a password in it would"),
        ({"python": "io @ file:///home/op/io\n"}, "is a folder of this machine"),
        ({"python": "io @ ./io\n"}, "is a folder of this machine"),
        ({"python": "lmfit==\n"}, "site/requirements.in:1: 'lmfit==' should be a Python package"),
        ({"python": "-r other.txt\n"}, "'-r other.txt' should be a Python package, such as"),
        ({"python": "git+https://h.org/io.git\n"}, "name @ git+https://"),
        ({"requirements.txt": "lmfit\n"}, "site/requirements.txt: nothing reads it, did you mean"),
        ({"package.txt": "vim\n"}, "did you mean packages.txt?"),
    ],
)
def test_what_cannot_be_is_named_with_its_line(
    tmp_path: Path, lists: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_lists(write(tmp_path, **lists))
    assert said in str(refusal.value) and "tok@" not in str(refusal.value)
    assert "=tok" not in str(refusal.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_lists(write(tmp_path, packages="A\nvim\nB\n", python="="))
    assert len(str(refusal.value).splitlines()) == 4


def test_other_files_are_the_sites_own(tmp_path: Path) -> None:
    read_lists(write(tmp_path, **{"README.md": "Ours", "packages.txt~": "A", "notes": ""}))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    site = write(tmp_path)
    (site / "packages.txt").write_bytes(b"\xff\xfe\0")
    with pytest.raises(ConfigError, match=r"packages\.txt cannot be read as text"):
        read_lists(site)
    (site / "packages.txt").unlink()
    (site / "packages.txt").mkdir()
    with pytest.raises(ConfigError, match=r"packages\.txt cannot be read as text"):
        read_lists(site)
