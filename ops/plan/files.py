"""Scripts for a host stand in files beside the module that sends them, where tools see them."""

from functools import cache
from importlib.resources import files


@cache
def read_script(package: str, *names: str) -> str:
    """Return the text of files of a package, one behind the other; values come as `$1`, `$2`, …"""
    return "".join(files(package).joinpath(name).read_text("utf-8") for name in names)
