"""What a lab image must be able to do, checked inside one of its containers as a user would.

`docker run -i --rm --user 54321:100 --env HOME=/tmp/home IMAGE python - <lab_features.py`
prints one line for each feature, and fails with a traceback at the first one that is missing.
"""

import json
import site
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def check_latex_labels(folder: Path) -> str:
    """Draw labels with LaTeX, in the three font families, to pixels and to PDF."""
    matplotlib, pyplot = import_module("matplotlib"), import_module("matplotlib.pyplot")
    matplotlib.use("agg")
    for family in ("serif", "sans-serif", "monospace"):
        with pyplot.rc_context({"text.usetex": True, "font.family": family}):
            figure, axes = pyplot.subplots()
            axes.set_xlabel(r"start voltage $V_\mathrm{start}$ (eV) at 5\,µA, $\Delta k_\parallel$")
            axes.set_ylabel("intensity_norm, \N{MINUS SIGN}2 to 2 Å")
            for form in ("png", "pdf"):
                figure.savefig(folder / f"{family}.{form}")
            pyplot.close(figure)
    return f"{(folder / 'serif.png').stat().st_size} bytes of PNG"


def check_films(folder: Path) -> str:
    """Save an animation with ffmpeg, in the format that browsers play."""
    animation, pyplot = import_module("matplotlib.animation"), import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    (line,) = axes.plot([0, 1])
    film = animation.FuncAnimation(figure, lambda n: line.set_data([0, 1], [0, n]), frames=3)
    film.save(folder / "film.mp4", writer="ffmpeg", codec="h264")
    return f"{(folder / 'film.mp4').stat().st_size} bytes of MP4"


def check_interactive_figures(folder: Path) -> str:
    """Use what draws figures and controls that can be dragged."""
    import_module("matplotlib").use("widget")
    figures, widgets = import_module("ipympl"), import_module("ipywidgets")
    return f"ipympl {figures.__version__}, ipywidgets {widgets.__version__}"


def check_one_python_kernel(folder: Path) -> str:
    """Offer one kernel, that of the image."""
    listed = subprocess.run(
        ["jupyter", "kernelspec", "list", "--json"], check=True, capture_output=True
    )
    kernels = list(json.loads(listed.stdout)["kernelspecs"])
    assert kernels == ["python3"], kernels
    return "python3"


def check_extensions(folder: Path) -> str:
    """Have the browser's half of ipympl, ipywidgets and our own, and no question about news."""
    listed = subprocess.run(["jupyter", "labextension", "list"], check=True, capture_output=True)
    said = (listed.stdout + listed.stderr).decode()
    for name in ("jupyter-matplotlib", "@jupyter-widgets/jupyterlab-manager", "lab-session"):
        assert any(name in line and "OK" in line for line in said.splitlines()), said
    settings = Path(sys.prefix, "share/jupyter/lab/settings/overrides.json")
    news = json.loads(settings.read_text())["@jupyterlab/apputils-extension:notification"]
    assert news["fetchNews"] == "false"
    return "all three; news off"


def check_terminal(folder: Path) -> str:
    """Find the image's Python and the user's programs in a login shell, as a terminal is one."""
    asked = ["bash", "-lc", "command -v python git nano ssh && echo $PATH"]
    python, *_, path = (
        subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip().split("\n")
    )
    assert python == f"{sys.prefix}/bin/python", python
    assert path.endswith(f"{Path.home()}/.local/bin"), path
    return python


def check_environments(folder: Path) -> str:
    """Make a virtual environment, for a kernel of one's own."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "own")], check=True)
    subprocess.run([str(folder / "own/bin/pip"), "--version"], check=True, capture_output=True)
    return "python -m venv"


def check_installing(folder: Path) -> str:
    """Install a package of one's own without any right to the image, and import it."""
    package = folder / "lab_notes"
    package.mkdir()
    (package / "lab_notes.py").write_text("ANSWER = 42\n")
    (package / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='lab-notes', version='1', py_modules=['lab_notes'])\n"
    )
    install = [sys.executable, "-m", "pip", "install", "--quiet", str(package)]
    subprocess.run(install, check=True, cwd=folder)
    where = [sys.executable, "-c", "import lab_notes; print(lab_notes.__file__)"]
    found = subprocess.run(where, check=True, capture_output=True, text=True, cwd=folder).stdout
    assert found.startswith(str(Path.home() / ".local")), found
    return found.strip()


def check_image_first(folder: Path) -> str:
    """Prefer the image's packages to those in a home: a home cannot break its own server."""
    user = Path(site.getusersitepackages())
    user.mkdir(parents=True, exist_ok=True)
    (user / "jupyterhub.py").write_text("raise ImportError('from the home')\n")
    try:
        asked = [sys.executable, "-c", "import jupyterhub; print(jupyterhub.__version__)"]
        done = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=folder)
    finally:
        (user / "jupyterhub.py").unlink()
    return f"jupyterhub {done.stdout.strip()}"


CHECKS: tuple[Callable[[Path], str], ...] = (
    check_latex_labels,
    check_films,
    check_interactive_figures,
    check_one_python_kernel,
    check_extensions,
    check_terminal,
    check_environments,
    check_installing,
    check_image_first,
)

if __name__ == "__main__":
    Path.home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for check in CHECKS:
            print(f"{check.__name__.removeprefix('check_')}: {check(Path(scratch))}")
