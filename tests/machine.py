"""Mirrors and registries of this machine, for systems and images that tests make.

The settings are read with apt, pip and npm, wherever they are stored.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]

_CERTIFICATES = "/run/certificates.pem"


def clone_repository(folder: Path) -> None:
    """Clone this repository into a new ``folder``, with uncommitted changes."""
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, folder], check=True)
    changed = subprocess.run(
        ["git", "ls-files", "--modified", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        check=True,
    )
    for name in changed.stdout.decode().split("\0"):
        if (REPOSITORY / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target)


def apt_sources() -> str:
    """Return the lines for apt with the distribution's own archives."""
    return _join(f"deb {uri} {release} {component}" for uri, release, component in _archives())


def apt_mirror(distribution: str) -> str | None:
    """Return the mirror of ``distribution``; None if this machine runs another one."""
    if platform.freedesktop_os_release()["ID"] != distribution:
        return None
    # Security updates have a separate archive, with suites such as "trixie-security".
    mirrors = [uri for uri, release, _ in _archives() if not {"-", "/"} & set(release)]
    return mirrors[0] if mirrors else None


def apt_settings() -> str:
    """Return apt's settings for downloads, such as proxies."""
    lines = _said("apt-config", "dump", "Acquire").splitlines()
    return _join(line for line in lines if not line.endswith(' "";'))


def client_files(home: str) -> dict[str, bytes]:
    """Return files, by path, that give pip and npm elsewhere this machine's settings.

    ``home`` is the user's home there.
    """
    files = {}
    pip, npm = _pip_settings(), _npm_settings()
    if certificates := pip.get("cert"):
        files[_CERTIFICATES] = Path(certificates).read_bytes()
        pip["cert"] = npm["cafile"] = _CERTIFICATES
    files["/etc/pip.conf"] = f"[global]\n{_settings(pip)}".encode()
    files[f"{home}/.npmrc"] = _settings(npm).encode()
    return files


def proxies() -> dict[str, str]:
    """Return the variables that name proxies, in either case."""
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def _archives() -> list[tuple[str, str, str]]:
    """Return address, release and component of each of the distribution's own archives."""
    distribution = platform.freedesktop_os_release()["ID"]
    wanted = "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = _said("apt-get", "indextargets", "--format", wanted, "Created-By: Packages")
    archives = [line.rsplit(" ", 3) for line in lines.splitlines()]
    return [
        (uri, release, component)
        for origin, uri, release, component in archives
        if origin.lower() == distribution
    ]


def _pip_settings() -> dict[str, str]:
    """Return pip's settings for its indexes; not those with paths on this machine's disk."""
    wanted = {"cert", "index-url", "extra-index-url", "proxy", "trusted-host"}
    settings = {}
    for line in _said(sys.executable, "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        name, value = name.rpartition(".")[2], value.strip("'")
        if name in wanted and "file:" not in value:
            settings[name] = value
    return settings


def _npm_settings() -> dict[str, str]:
    names = ("registry", "proxy", "https-proxy")
    values = {name: _said("npm", "config", "get", name) for name in names}
    return {name: value for name, value in values.items() if value not in ("", "null")}


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _settings(settings: dict[str, str]) -> str:
    return _join(f"{name} = {value}" for name, value in settings.items())


def _join(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
