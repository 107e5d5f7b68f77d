"""Checks of Python packages, the server's extensions, and the page."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..app import HERE
from .finding import Finding, note, ok, problem
from .subject import Subject

_FILES = ("desktop.js", "desktop.css", "vnc.js", "xpra.js", "icon.svg")
_EXTENSIONS = ("jupyter_desktop", "jupyter_server_proxy")


def packages(subject: Subject) -> Iterator[Finding]:
    """Versions of Python and of packages."""
    yield ok("jupyter-desktop", f"{__version__} ({HERE})", version=__version__)
    python = platform.python_version()
    yield ok("Python", f"{python} ({sys.executable})", version=python)
    yield ok("system", f"{_distribution()}, Linux {platform.release()}, {platform.machine()}")
    for distribution in ("jupyter-server", "jupyter-server-proxy", "websockify", "jupyterlab"):
        try:
            found = version(distribution)
            yield ok(distribution, found, version=found)
        except PackageNotFoundError:
            yield note(
                distribution,
                "not installed for this Python; `jupyter desktop` works without it."
                if distribution == "jupyterlab"
                else "not installed for this Python.",
                "Install it beside this package:",
                f"{sys.executable} -m pip install {distribution}",
                version=None,
            )


def extensions(subject: Subject) -> Iterator[Finding]:
    """Whether Jupyter servers load this extension, and the one for the launcher's tiles."""
    enabled = subject.extensions
    for name in _EXTENSIONS:
        topic = "extension"
        if enabled.get(name):
            yield ok(topic, f"{name}: enabled", name=name, enabled=True)
        else:
            yield note(
                topic,
                f"{name}: not enabled; only `jupyter desktop` loads it.",
                "Enable it for this Python environment:",
                f"{sys.executable} -m jupyter server extension enable --sys-prefix {name}",
                name=name,
                enabled=False,
            )


def page(subject: Subject, package: Path = HERE) -> Iterator[Finding]:
    """Whether the page was built."""
    missing = [name for name in _FILES if not (package / "static" / name).is_file()]
    if missing:
        yield problem(
            "page",
            f"not built into this installation: {', '.join(missing)} missing.",
            "Reinstall jupyter-desktop, from a wheel, or with Node.js installed.",
        )
    else:
        yield ok("page", "built")


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown distribution")
    except OSError:
        return "unknown distribution"
