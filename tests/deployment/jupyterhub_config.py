"""A JupyterHub for tests. The file $JUPYTER_DESKTOP_TEST_HUB has settings in JSON.

All users share one system account, but each server has its own home; its folder has its environment
and arguments.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from jupyterhub.utils import random_port

settings = json.loads(Path(os.environ["JUPYTER_DESKTOP_TEST_HUB"]).read_text())
root = Path(settings["root"])

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821
c.JupyterHub.bind_url = settings["bind_url"]
c.JupyterHub.hub_port = settings["hub_port"]
c.JupyterHub.db_url = f"sqlite:///{root}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{root}/cookie-secret"
c.JupyterHub.pid_file = f"{root}/hub.pid"
c.JupyterHub.internal_ssl = settings["internal_ssl"]
c.JupyterHub.internal_certs_location = f"{root}/certificates"
# The documented settings, with a shorter interval.
load_subconfig(settings["documented"])  # type: ignore[name-defined]  # noqa: F821
c.JupyterHub.last_activity_interval = 1
c.ConfigurableHTTPProxy.command = settings["proxy"]
scheme = "https" if settings["internal_ssl"] else "http"
c.ConfigurableHTTPProxy.api_url = f"{scheme}://{settings['proxy_api']}"
c.ConfigurableHTTPProxy.pid_file = f"{root}/proxy.pid"

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = settings["password"]
c.Authenticator.allowed_users = set(settings["users"])
# API access for tests.
c.JupyterHub.services = [{"name": "tests", "api_token": settings["token"]}, *settings["services"]]
c.JupyterHub.load_roles = [
    {
        "name": "tests",
        "scopes": ["admin:users", "admin:servers", "access:servers", "shares", "list:users"],
        "services": ["tests"],
    },
    *settings["roles"],
]

c.JupyterHub.allow_named_servers = True
c.JupyterHub.spawner_class = "simple"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 60
c.LocalProcessSpawner.interrupt_timeout = 10


def prepare(spawner: Any) -> None:
    folder = root / f"{spawner.user.name}+{spawner.name}"
    told = json.loads((folder / "spawn.json").read_text())
    spawner.environment = told["environment"]
    spawner.args = told["arguments"]
    spawner.home_dir = told["environment"]["HOME"]
    if told["container"]:
        spawner.cmd = told_by_the_hub(spawner, told["container"])


def told_by_the_hub(spawner: Any, run: list[str]) -> list[str]:
    """Return the command that runs a container, with the hub's variables for a server."""
    spawner.port = random_port()  # in the variables; otherwise chosen later
    told = {n: v for n, v in spawner.get_env().items() if n.startswith("JUPYTERHUB_")}
    after = run.index("run") + 1
    return [*run[:after], *(f"--env={name}={value}" for name, value in told.items()), *run[after:]]


c.Spawner.pre_spawn_hook = prepare
