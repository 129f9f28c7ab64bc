"""How a lab says what it takes and how long it stays; a server extension of JupyterLab.

`cgroup` and `processes` read what the kernel knows, `watch` draws the conclusions, `handlers` tell
them to the browser, where `labextensions/lab-session` shows them. Without any of this a lab works
as well: Jupyter's own time-outs end it, later.
"""

from typing import Any

NAME = "lab_session"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": NAME}]


def _load_jupyter_server_extension(app: Any) -> None:
    from .handlers import count_only_intended_requests, routes
    from .watch import Watch

    watch = Watch(app)
    count_only_intended_requests()
    app.web_app.add_handlers(".*$", routes(app.base_url, watch))
    app.io_loop.add_callback(watch.start)
