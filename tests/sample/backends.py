"""Small packages as others build theirs: one for each build backend, and for each compiler.

All are called `probe`, hold `probe/data/table.csv`, and are tagged v0.9 and v1.2 (two tags on the
last commit). Where the version comes from git, nothing else knows it.
"""

from pathlib import Path

from tests.sample import commit, git

INIT = "def answer() -> int:\n    return 42\n"
_FILES = {
    "probe/__init__.py": INIT,
    "probe/data/table.csv": "1,2\n",
    "README.md": "# probe\n",
    ".gitignore": "*.egg-info/\nbuild/\ndist/\n",
    "notes/not-for-users.txt": "of the repository alone\n",
}


def _toml(requires: str, backend: str, rest: str) -> str:
    listed = ", ".join(f'"{one}"' for one in requires.split())
    return f'[build-system]\nrequires = [{listed}]\nbuild-backend = "{backend}"\n\n{rest}'


_DYNAMIC = '[project]\nname = "probe"\ndynamic = ["version"]\n\n'
_SETUPTOOLS = "setuptools.build_meta"

PURE: dict[str, dict[str, str]] = {
    "setuptools": {
        "pyproject.toml": _toml(
            "setuptools>=77",
            _SETUPTOOLS,
            '[project]\nname = "probe"\nversion = "1.2"\n\n[tool.setuptools]\n'
            'packages = ["probe"]\n\n[tool.setuptools.package-data]\nprobe = ["data/*"]\n',
        ),
    },
    # The data file is found through git alone: there is no MANIFEST.in.
    "setuptools-scm": {
        "pyproject.toml": _toml(
            "setuptools>=77 setuptools-scm>=8",
            _SETUPTOOLS,
            f'{_DYNAMIC}[tool.setuptools]\npackages = ["probe", "probe.data"]\n\n'
            '[tool.setuptools_scm]\nversion_file = "probe/_version.py"\n',
        ),
    },
    "setuptools-scm, setup.py": {
        "pyproject.toml": _toml("setuptools setuptools-scm", _SETUPTOOLS, ""),
        "setup.py": "from setuptools import setup\n"
        'setup(name="probe", packages=["probe"], include_package_data=True,\n'
        '      use_scm_version={"fallback_version": "NOT-INSTALLED-VERSION"})\n',
    },
    "setup.py alone": {
        "setup.py": "from setuptools import setup\n"
        'setup(name="probe", version="1.2", packages=["probe"],\n'
        '      package_data={"probe": ["data/*"]})\n',
    },
    "hatch-vcs": {
        "pyproject.toml": _toml(
            "hatchling hatch-vcs",
            "hatchling.build",
            f'{_DYNAMIC}[tool.hatch.version]\nsource = "vcs"\n',
        ),
    },
    "versioneer": {
        "pyproject.toml": _toml("setuptools versioneer[toml]", _SETUPTOOLS, "")
        + '\n[tool.versioneer]\nVCS = "git"\nstyle = "pep440"\nversionfile_source = '
        '"probe/_version.py"\nversionfile_build = "probe/_version.py"\ntag_prefix = "v"\n',
        "setup.py": "import versioneer\nfrom setuptools import setup\n"
        'setup(name="probe", version=versioneer.get_version(), packages=["probe"],\n'
        '      package_data={"probe": ["data/*"]}, cmdclass=versioneer.get_cmdclass())\n',
        "probe/_version.py": "# versioneer writes its own here when it builds\n",
    },
    "pbr": {
        "pyproject.toml": _toml("setuptools pbr>=6", "pbr.build", ""),
        "setup.cfg": "[metadata]\nname = probe\n\n[files]\npackages = probe\n",
        "setup.py": 'from setuptools import setup\nsetup(setup_requires=["pbr"], pbr=True)\n',
    },
    "pdm-backend": {
        "pyproject.toml": _toml(
            "pdm-backend",
            "pdm.backend",
            f'{_DYNAMIC}[tool.pdm.version]\nsource = "scm"\n',
        ),
    },
    "poetry-dynamic-versioning": {
        "pyproject.toml": _toml(
            "poetry-core>=1 poetry-dynamic-versioning",
            "poetry_dynamic_versioning.backend",
            '[tool.poetry]\nname = "probe"\nversion = "0.0.0"\ndescription = "x"\n'
            'authors = ["Ada <ada@example.org>"]\n\n[tool.poetry-dynamic-versioning]\n'
            'enable = true\nvcs = "git"\n',
        ),
    },
    "flit-scm": {
        "pyproject.toml": _toml(
            "flit_scm",
            "flit_scm:buildapi",
            '[project]\nname = "probe"\ndescription = "x"\ndynamic = ["version"]\n\n'
            '[tool.setuptools_scm]\nwrite_to = "probe/_version.py"\n',
        ),
        "probe/__init__.py": f"from ._version import version as __version__  # noqa: F401\n{INIT}",
    },
    "meson-python": {
        "pyproject.toml": _toml("meson-python", "mesonpy", _DYNAMIC),
        "meson.build": "project('probe', version: run_command('git', 'describe', '--tags',\n"
        "  '--match', 'v*', check: true).stdout().strip().replace('v', ''))\n"
        "py = import('python').find_installation(pure: true)\n"
        "py.install_sources('probe/__init__.py', subdir: 'probe')\n"
        "py.install_sources('probe/data/table.csv', subdir: 'probe/data')\n",
    },
}
"""By what builds them; pure Python."""

_C = """#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", "", -1, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
"""
_FROM_CORE = {"probe/__init__.py": "from ._core import answer  # noqa: F401\n"}
_EXTENSION = (
    "from setuptools import Extension, setup\n"
    'setup(name="probe", packages=["probe"], package_data={{"probe": ["data/*"]}},\n'
    '      use_scm_version=True, ext_modules=[Extension("probe._core", ["{0}"]{1})])\n'
)

COMPILED: dict[str, dict[str, str]] = {
    "C, setuptools": {
        **_FROM_CORE,
        "pyproject.toml": _toml("setuptools setuptools-scm", _SETUPTOOLS, ""),
        "setup.py": _EXTENSION.format("core.c", ""),
        "core.c": _C,
    },
    "C++ and pybind11, setuptools": {
        **_FROM_CORE,
        "pyproject.toml": _toml("setuptools setuptools-scm pybind11", _SETUPTOOLS, ""),
        "setup.py": "import pybind11\n"
        + _EXTENSION.format("core.cpp", ", include_dirs=[pybind11.get_include()]"),
        "core.cpp": "#include <pybind11/pybind11.h>\n#include <string>\n"
        'int answer() { return std::stoi("42"); }\n'
        'PYBIND11_MODULE(_core, m) { m.def("answer", &answer); }\n',
    },
    "Cython, meson-python": {
        **_FROM_CORE,
        "pyproject.toml": _toml("meson-python Cython>=3", "mesonpy", _DYNAMIC),
        "meson.build": "project('probe', 'c', 'cython', version: '1.2')\n"
        "py = import('python').find_installation(pure: false)\n"
        "py.extension_module('_core', 'core.pyx', install: true, subdir: 'probe')\n"
        "py.install_sources('probe/__init__.py', subdir: 'probe')\n"
        "py.install_sources('probe/data/table.csv', subdir: 'probe/data')\n",
        "core.pyx": "def answer():\n    cdef int a = 42\n    return a\n",
    },
    "Fortran, meson-python": {
        "probe/__init__.py": "from ._core import f\n\n\ndef answer():\n    return int(f(21))\n",
        "pyproject.toml": _toml("meson-python numpy>=2", "mesonpy", _DYNAMIC).replace(
            'dynamic = ["version"]', 'dynamic = ["version"]\ndependencies = ["numpy"]'
        ),
        "meson.build": "project('probe', 'c', 'fortran', version: '1.2')\n"
        "py = import('python').find_installation(pure: false)\n"
        "dirs = run_command(py, '-c', 'import numpy, numpy.f2py as f; "
        "print(numpy.get_include()); print(f.get_include())', check: true).stdout().split('\\n')\n"
        "made = custom_target('f2py', input: 'core.f90', output: ['_coremodule.c', "
        "'_core-f2pywrappers.f'], command: [py, '-m', 'numpy.f2py', '@INPUT@', '-m', '_core', "
        "'--lower', '--build-dir', '@OUTDIR@'])\n"
        "py.extension_module('_core', 'core.f90', made[0], dirs[1] / 'fortranobject.c',\n"
        "  include_directories: include_directories(dirs[0], dirs[1]), install: true, "
        "subdir: 'probe')\n"
        "py.install_sources('probe/__init__.py', subdir: 'probe')\n"
        "py.install_sources('probe/data/table.csv', subdir: 'probe/data')\n",
        "core.f90": "subroutine f(x, y)\n  integer, intent(in) :: x\n"
        "  integer, intent(out) :: y\n  print *, x\n  y = 2 * x\nend subroutine\n",
    },
    "C, scikit-build-core": {
        **_FROM_CORE,
        "pyproject.toml": _toml(
            "scikit-build-core setuptools-scm",
            "scikit_build_core.build",
            f"{_DYNAMIC}[tool.setuptools_scm]\n\n[tool.scikit-build]\n"
            'metadata.version.provider = "scikit_build_core.metadata.setuptools_scm"\n',
        ),
        "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\nproject(probe C)\n"
        "find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)\n"
        "python_add_library(_core MODULE core.c WITH_SOABI)\n"
        "install(TARGETS _core DESTINATION probe)\n",
        "core.c": _C,
    },
}
"""By language and what builds them."""


SETUPTOOLS = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "probe"
version = "1.2"
dependencies = [{}]

[project.optional-dependencies]
all = ["docopt"]

[tool.setuptools]
packages = ["probe"]
"""
"""A pyproject.toml of one that requires something."""


def make_package(path: Path, files: dict[str, str]) -> Path:
    """Make the repository of a package, and return its folder."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--template=", "--initial-branch=main")
    for tag in ("v0.9", "v1.2"):
        for name, content in {**_FILES, **files}.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(content)
        commit(path, f"Release {tag}")
        git(path, "tag", "--annotate", f"--message={tag}", tag)
    git(path, "tag", "stable")
    return path
