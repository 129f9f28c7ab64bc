"""What every lab's server runs beside JupyterLab: /usr/local/lib/lab/lab_session."""

import sys

# The server alone finds it: notebooks have nothing to do with it.
sys.path.append("/usr/local/lib/lab")

c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.ServerApp.jpserver_extensions = {"lab_session": True}
