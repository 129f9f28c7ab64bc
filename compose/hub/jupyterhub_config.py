"""JupyterHub's configuration: the operator's settings wired to the classes in `labhub`."""

import os
from pathlib import Path

from labhub.auth import LabAuthenticator
from labhub.settings import read_settings
from labhub.spawner import LabSpawner

settings = read_settings(os.environ)
data = Path("/data")
(data / "passwords").mkdir(mode=0o700, exist_ok=True)

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
c.JupyterHub.template_vars = {"lab_name": settings.lab_name}

c.JupyterHub.authenticator_class = LabAuthenticator
c.LabAuthenticator.dbm_path = str(data / "passwords" / "passwords.dbm")
c.LabAuthenticator.min_password_length = 8
c.LabAuthenticator.lab_admins = set(settings.admins)
# The check is one look at /home: whoever is removed is out at the next click, by token as well.
c.LabAuthenticator.auth_refresh_age = 1
c.LabAuthenticator.auth_refresh_strict = True

c.JupyterHub.spawner_class = LabSpawner
c.LabSpawner.hub_image = settings.hub_image
c.LabSpawner.image_name = settings.image_name
c.LabSpawner.mem_limit = settings.memory_limit
c.LabSpawner.cpu_limit = settings.cpu_limit
c.LabSpawner.process_limit = settings.process_limit
c.LabSpawner.idle_hours = settings.idle_hours
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
