"""The steps of a Binder link up to its page, for ``test_images``.

The steps are those of repo2docker (``repo2docker/app.py``, ``buildpacks/docker.py``) and of
BinderHub (``binderspawner_mixin.py``, ``launcher.py``, ``helm-chart/binderhub/values.yaml``) as
they were in August 2026.
"""

from __future__ import annotations

USER, UID = "jovyan", 1000
TOKEN = "kGJ1dT6GRl2S3q0XNTjJhA"

# Starts JupyterLab from the image's Python.
_COMMAND = ["python3", "-c", "import jupyterlab, os, sys; os.execvp('jupyter-lab', sys.argv)"]


def command(base_url: str) -> list[str]:
    """Return the server's command line; settings are for the old Notebook and Jupyter Server."""
    told = {
        "base_url": base_url,
        "token": TOKEN,
        "trust_xheaders": "True",
        "allow_origin": "*",
        "allow_origin_pat": ".*",
    }
    return [*_COMMAND, "--ip=0.0.0.0"] + [
        f"--{application}.{name}={value}"
        for application in ("NotebookApp", "ServerApp")
        for name, value in told.items()
    ]
