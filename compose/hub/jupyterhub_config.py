"""JupyterHub's configuration: the operator's settings wired to the classes in `labhub`."""

import os
from pathlib import Path

from labhub.announcement import read_announcement
from labhub.auth import LabAuthenticator
from labhub.database import require_whole
from labhub.operator import operator_settings
from labhub.settings import read_settings
from labhub.spawner import LabSpawner

settings = read_settings(os.environ)
data = Path("/data")
(data / "passwords").mkdir(mode=0o700, exist_ok=True)
require_whole(data / "jupyterhub.sqlite")

c = get_config()  # type: ignore[name-defined]  # noqa: F821

# The hub comes and goes; the proxy, the labs and all sessions stay.
c.JupyterHub.db_url = f"sqlite:///{data}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(data / "cookie_secret")
c.JupyterHub.upgrade_db = True
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
c.JupyterHub.hub_connect_url = "http://hub:8081"
# A restarted proxy has lost its routes; the hub adds them again at this interval (seconds).
c.JupyterHub.last_activity_interval = 10

c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://proxy-api:8001"
c.ConfigurableHTTPProxy.auth_token = Path("/run/secrets/proxy_token").read_text().strip()

c.JupyterHub.template_paths = [str(Path(__file__).parent / "templates")]
c.JupyterHub.template_vars = {
    "lab_name": settings.lab_name,
    "lab_contact": settings.lab_contact,
    # Called for each page.
    "announcement": read_announcement,
}

c.JupyterHub.authenticator_class = LabAuthenticator
c.LabAuthenticator.dbm_path = str(data / "passwords" / "passwords.dbm")
c.LabAuthenticator.min_password_length = settings.password_min_length
c.LabAuthenticator.lab_admins = set(settings.admins)
# The fixed addresses of the proxy in compose.yaml.
c.LabAuthenticator.proxies = {"198.19.64.3", "198.19.80.3"}
# At each request, of which a hub has few (0 would be never): it is a look at /home and at two small
# files. Whoever is removed or disabled is out at the next click, by token as well.
c.LabAuthenticator.auth_refresh_age = -1
c.LabAuthenticator.auth_refresh_strict = True

# What `labhub.operate` may do, and with which token.
c.JupyterHub.update(operator_settings(data))

c.JupyterHub.spawner_class = LabSpawner
c.LabSpawner.hub_image = settings.hub_image
c.LabSpawner.image_name = settings.image_name
c.LabSpawner.cmd = ["jupyterhub-singleuser"]
c.LabSpawner.pull_policy = "always"
c.LabSpawner.network_name = "labhub-labs"
c.LabSpawner.use_internal_ip = True
c.LabSpawner.prefix = "lab"
c.LabSpawner.name_template = "{prefix}-{username}"
# Not removed by the engine at its end, with the log of what went wrong: the spawner does it.
c.LabSpawner.remove = False
c.LabSpawner.start_timeout = 120
c.LabSpawner.http_timeout = 120
