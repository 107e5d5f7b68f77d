"""The images of containers/, and desktops in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.machine import clone_repository
from tests.servers import JupyterServer, until

from . import binder
from .contained import (
    ANYBODY,
    end,
    inside,
    is_confined,
    is_restricted,
    runtime_folders,
    serving,
    verify,
    volumes,
)
from .hub import PASSWORD, running_hub
from .images import Images

# Building the first image takes a minute, more with a slow mirror.
pytestmark = pytest.mark.timeout(900)

FLAVOURS = {
    "tigervnc": [],
    "xpra": [],
    "hub": ["--build-arg", f"JUPYTERHUB={version('jupyterhub')}"],
}


@pytest.fixture(autouse=True)
def folders_are_removed() -> Iterator[None]:
    """Remove the entry's folders of ended containers."""
    yield
    for folder in runtime_folders():
        shutil.rmtree(folder)


def built(images: Images, flavour: str) -> str:
    return images.build(f"containers/{flavour}/Containerfile", *FLAVOURS[flavour])


@pytest.mark.parametrize(
    "flavour", ["tigervnc", pytest.param("xpra", marks=pytest.mark.needs("xpra"))]
)
def test_the_image_runs_restricted_as_any_user(flavour: str, images: Images) -> None:
    """As on OpenShift: read-only root, volumes open to all, the engine's system call filter."""
    with (
        images.container(built(images, flavour)) as container,
        serving(container) as server,
    ):
        verify(flavour, server.printed)
        assert len(runtime_folders()) == 1
        for process in inside(server):
            assert f"{process.uids().real}:{process.gids().real}" == ANYBODY
            is_confined(process)
            is_restricted(process)


def test_the_hub_image_runs_under_a_hub(images: Images) -> None:
    user = "ann"

    with images.container(built(images, "hub")) as container, running_hub(users=[user]) as hub:

        def command(server: JupyterServer) -> list[str]:
            return container.command(
                *container.config["Cmd"],
                environment=[f"JUPYTER_DESKTOP_TEST={server.mark}"],
                volumes=volumes(server, container),
                user=ANYBODY,
                restricted=True,
            )

        server = hub.server(user, start_script="", container=command)
        address = f"http://localhost:{hub.port}{server.base_url}desktop/"
        verify("hub", address, "--user", user, VERIFY_PASSWORD=PASSWORD)
        for process in inside(server):
            assert process.uids().real == int(ANYBODY.partition(":")[0])
            is_confined(process)
            is_restricted(process)
        end(server)
        until(lambda: not server.processes(), "the end of the container", 30)
        (runtime,) = runtime_folders()
        assert not list(runtime.rglob("jd-*"))


@pytest.mark.parametrize(
    ("folder", "remedy"), [("/tmp", "--tmpfs /tmp"), ("/home/jovyan", "Mount a volume there")]
)
def test_an_unwritable_folder_is_reported_with_a_remedy(
    folder: str, remedy: str, images: Images, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    with images.container(built(images, "tigervnc")) as container:
        ran = subprocess.run(
            container.command("true", user=ANYBODY, volumes=[f"{tmp_path}:{folder}"]),
            env=images.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert f"{folder} cannot be written to by UID {ANYBODY.replace(':', ', GID ')}." in ran.stderr
    assert remedy in ran.stderr


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_image_has_no_build_tools_caches_or_secrets(flavour: str, images: Images) -> None:
    with images.container(built(images, flavour)) as container:
        programs = {path.name for path in container.root.glob("usr/*bin/*")}
        assert "startxfce4" in programs
        assert not programs & {"gcc", "cc", "make", "node", "npm", "git", "chromium"}
        assert not (container.root / "source").exists()
        assert not list(container.root.glob("opt/jupyter/**/node_modules"))
        assert not list(container.root.glob("var/lib/apt/lists/*"))
        megabytes = sum(
            Path(folder, name).lstat().st_size
            for folder, _, names in os.walk(container.root)
            for name in names
        ) / (1 << 20)
        print(f"{flavour}: {megabytes:.0f} MiB")
        assert container.config["User"] == "1000"
        assert not [one for one in container.config["Env"] if "TOKEN" in one or "proxy" in one]


def test_a_binder_link_opens_a_desktop(tmp_path: Path, images: Images) -> None:
    clone = tmp_path / "clone"
    clone_repository(clone)
    named = [f"NB_USER={binder.USER}", f"NB_UID={binder.UID}"]
    options = [word for one in named for word in ("--build-arg", one)]
    image = images.build(".binder/Dockerfile", *options, context=clone)
    base_url = "/user/owner-jupyter-desktop-x1y2z3a4/"
    with (
        images.container(image) as container,
        serving(
            container,
            *binder.command(base_url),
            user=f"{binder.UID}:100",
            base_url=base_url,
        ) as server,
    ):
        # With the link's urlpath=desktop/ and the token (BinderHub's client, spec.js).
        verify("tigervnc", f"{server.url}desktop/?token={binder.TOKEN}")
        assert container.config["WorkingDir"] == f"/home/{binder.USER}"
