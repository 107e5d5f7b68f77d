"""Images of this repository, built with buildah, and containers of them.

They are stored in a separate folder, away from other images. The base image is this machine's
distribution, made with mmdebstrap from its mirror. Settings for mirrors and registries are mounted
into the builds, and are not in the images.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import machine
from tests.machine import REPOSITORY

BASE = "localhost/base"

# Left out in Debian's and Ubuntu's minimal images, too.
_LEFT_OUT = [f"/usr/share/{name}/*" for name in ("doc", "man", "locale")]


class Images:
    """A store of images. Made by ``image_store``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._settings = root / "settings"
        self._settings.mkdir()
        self._built: set[str] = set()

    def buildah(self, *arguments: str | Path, **options: Any) -> str:
        """Run buildah; return its output. Its log is ``root/log``."""
        with (self.root / "log").open("ab") as log:
            ran = subprocess.run(
                self.command(*arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                check=False,
                **options,
            )
            log.write(ran.stdout)
        assert ran.returncode == 0, f"buildah {arguments[0]} failed:\n{self.log[-8000:]}"
        printed: str = ran.stdout.decode().strip()
        return printed

    def command(self, *arguments: str | Path) -> list[str]:
        """Return a command line of buildah for this store."""
        folders = ["--root", self.root / "images", "--runroot", self.root / "run"]
        return [str(word) for word in ("buildah", *folders, *arguments)]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.root), "BUILDAH_ISOLATION": "chroot"}

    @property
    def log(self) -> str:
        return (self.root / "log").read_text(errors="replace")

    def make_base(self) -> None:
        """Make the base image; skips if containers cannot run."""
        container = self.buildah("from", "scratch")
        try:
            root = Path(self.buildah("mount", container))
        except AssertionError as problem:
            pytest.skip(f"buildah cannot mount here: {problem}")
        options = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
        settings = self._write("apt.conf", machine.apt_settings().encode())
        ran = subprocess.run(
            [
                *("mmdebstrap", "--variant=minbase", *options, f"--aptopt={settings}"),
                # mmdebstrap has put the settings there.
                '--customize-hook=rm "$1/etc/apt/apt.conf.d/99mmdebstrap"',
                *(platform.freedesktop_os_release()["VERSION_CODENAME"], str(root), "-"),
            ],
            input=machine.apt_sources(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-4000:]
        root.chmod(0o755)
        self.buildah("commit", "--quiet", "--disable-compression", container, BASE)
        self.buildah("rm", container)

    def build(self, file: str, *arguments: str, context: Path = REPOSITORY) -> str:
        """Build an image once, like ``podman build --file``; return its name."""
        name = f"localhost/{file.replace('/', '-').strip('.').lower()}"
        if name not in self._built:
            options = ["--layers", "--jobs=2", "--build-arg", f"BASE={BASE}", "--tag", name]
            files: list[str | Path] = ["--file", context / file, context]
            self.buildah("bud", *options, *self._mounts(), *arguments, *files)
            self._built.add(name)
        return name

    def _mounts(self) -> list[str]:
        """Return volumes with this machine's settings of apt, pip and npm."""
        files = {"/etc/apt/apt.conf.d/90-test": machine.apt_settings().encode()}
        files.update(machine.client_files("/root"))
        return [f"--volume={self._write(path, data)}:{path}:ro" for path, data in files.items()]

    def _write(self, name: str, data: bytes) -> Path:
        path = self._settings / Path(name).name
        path.write_bytes(data)
        return path

    @contextmanager
    def container(self, image: str) -> Iterator[Container]:
        """Make a container without starting it."""
        container = Container(self, self.buildah("from", "--name", uuid.uuid4().hex, image))
        try:
            yield container
        finally:
            self.buildah("rm", container.name)

    def remove(self) -> None:
        """Remove all images and containers."""
        self.buildah("rm", "--all")
        # The overlay driver may have mounted this folder on itself.
        subprocess.run(
            ["umount", self.root / "images" / "overlay"], check=False, capture_output=True
        )
        shutil.rmtree(self.root)


class Container:
    """A container of an image."""

    def __init__(self, images: Images, name: str) -> None:
        self.images = images
        self.name = name
        self.config: dict[str, Any] = json.loads(images.buildah("inspect", name))["OCIv1"]["config"]
        self.root = Path(images.buildah("mount", name))

    def command(
        self,
        *command: str,
        user: str = "",
        environment: Sequence[str] = (),
        volumes: Sequence[str] = (),
        restricted: bool = False,
    ) -> list[str]:
        """Return a command that runs ``command`` through the image's entry, on the host's network.

        ``environment`` has elements NAME=VALUE, ``volumes`` HERE:THERE; ``user`` is UID:GID.
        ``restricted`` makes the root read-only, and setuid programs powerless.
        """
        options = [f"--volume={volume}" for volume in volumes]
        options += [f"--env={variable}" for variable in environment]
        options += [f"--user={user}"] if user else []
        entry = self.config["Entrypoint"]
        words = [*(["setpriv", "--no-new-privs"] if restricted else []), *entry, *command]
        run = self.images.command("run", *options, self.name, "--", *words)
        return self._with_root_read_only(run) if restricted else run

    def _with_root_read_only(self, command: list[str]) -> list[str]:
        # buildah mounts something there.
        (self.root / "run" / ".containerenv").touch()
        script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, str(self.root), *command]


@contextmanager
def image_store() -> Iterator[Images]:
    """Make a store with a base image; skips if that is impossible."""
    if os.getuid() != 0:
        pytest.skip("only root can build images with --isolation=chroot")
    for program in ("buildah", "mmdebstrap"):
        assert shutil.which(program), f"{program} is missing; `make test` installs it"
    images = Images(Path(tempfile.mkdtemp(prefix="jdt-", dir="/var/tmp")))
    try:
        images.make_base()
        yield images
    finally:
        images.remove()
