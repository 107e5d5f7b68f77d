"""What a Binder link does, step by step, up to the page that it leads to.

The steps are those of repo2docker (``repo2docker/app.py``, ``buildpacks/docker.py``) and of
BinderHub (``binderspawner_mixin.py``, ``launcher.py``, ``helm-chart/binderhub/values.yaml``) as
they were in August 2026.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .contained import serving, verify
from .images import REPOSITORY, Images

pytestmark = pytest.mark.timeout(900)

USER_NAME, USER_ID = "jovyan", 1000
TOKEN = "kGJ1dT6GRl2S3q0XNTjJhA"

# It starts JupyterLab where the Python of the image has it.
COMMAND = ["python3", "-c", "import jupyterlab, os, sys; os.execvp('jupyter-lab', sys.argv)"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone, with what is not committed yet."""
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, tmp_path / "clone"], check=True)
    changed = subprocess.run(
        ["git", "ls-files", "--modified", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        check=True,
    )
    for name in changed.stdout.decode().split("\0"):
        if (REPOSITORY / name).is_file():
            target = tmp_path / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target)
    return tmp_path / "clone"


def arguments(base_url: str) -> list[str]:
    """Return what the server is told; each for the Notebook of old and for Jupyter Server."""
    told = {
        "base_url": base_url,
        "token": TOKEN,
        "trust_xheaders": "True",
        "allow_origin": "*",
        "allow_origin_pat": ".*",
    }
    return ["--ip=0.0.0.0"] + [
        f"--{application}.{name}={value}"
        for application in ("NotebookApp", "ServerApp")
        for name, value in told.items()
    ]


def test_the_link(clone: Path, images: Images) -> None:
    image = images.build(
        ".binder/Dockerfile",
        *("--build-arg", f"NB_USER={USER_NAME}", "--build-arg", f"NB_UID={USER_ID}"),
        context=clone,
    )
    base_url = "/user/owner-jupyter-desktop-x1y2z3a4/"
    user = f"{USER_ID}:100"
    command = [*COMMAND, *arguments(base_url)]
    with (
        images.container(image) as container,
        serving(container, *command, user=user, base_url=base_url) as server,
    ):
        # urlpath=desktop/ of the link, and the token (BinderHub's client, spec.js).
        verify("tigervnc", f"{server.url}desktop/?token={TOKEN}")
        assert container.config["WorkingDir"] == f"/home/{USER_NAME}"
