"""`python -m tests.sample DIR [--scm]` makes the sample repository, as `make demo` does."""

import argparse
from pathlib import Path

from tests.sample import make_sample

parser = argparse.ArgumentParser(prog="python -m tests.sample", description=__doc__)
parser.add_argument("folder", type=Path, metavar="DIR")
parser.add_argument("--scm", action="store_true", help="take the version from git")
options = parser.parse_args()
make_sample(options.folder, options.scm)
