"""The supported display servers: one backend each, chosen by name."""

from __future__ import annotations

from ..errors import BadRequest, DisplayServerMissing, DisplayServerUnsuitable, StartError
from .base import Backend, Entrance, Installed, Runtime, ServerProgram
from .settings import Clipboard, DisplaySettings, XpraSettings, check_geometry, size
from .vnc.backend import VncBackend
from .xpra.backend import XpraBackend

AUTO = "auto"

_BACKENDS: dict[str, type[Backend]] = {
    backend.name: backend for backend in (VncBackend, XpraBackend)
}

NAMES = tuple(_BACKENDS)

__all__ = [
    "AUTO",
    "NAMES",
    "Backend",
    "Clipboard",
    "DisplaySettings",
    "Entrance",
    "Installed",
    "Runtime",
    "ServerProgram",
    "XpraSettings",
    "backend",
    "check_backend",
    "check_geometry",
    "choose",
    "installed_here",
    "size",
]


def backend(name: str) -> Backend:
    """Return the backend called ``name``; raises ``BadRequest`` if there is none."""
    try:
        return _BACKENDS[name]()
    except KeyError:
        raise BadRequest(
            f"There is no display server called {name[:40]!r}.",
            remedy=f"Choose one of: {', '.join((AUTO, *NAMES))}.",
        ) from None


def check_backend(name: str) -> str:
    """Return ``name``, a backend's or "auto"; raises ``BadRequest``."""
    return name if name == AUTO else backend(name).name


def installed_here(settings: DisplaySettings) -> tuple[str, ...]:
    """Return the names of the backends whose programs are installed, without running them."""
    return tuple(name for name, kind in _BACKENDS.items() if kind().executables(settings))


def choose(name: str, settings: DisplaySettings) -> tuple[Backend, Installed]:
    """Return the backend called ``name`` and its installation; "auto" takes the first usable one.

    Raises ``DisplayServerMissing`` or ``DisplayServerUnsuitable``; with "auto", the error of an
    installed but unsuitable display server goes before that of a missing one.
    """
    if name != AUTO:
        chosen = backend(name)
        return chosen, chosen.find(settings)
    problems: list[StartError] = []
    for kind in _BACKENDS.values():
        try:
            return kind(), kind().find(settings)
        except (DisplayServerMissing, DisplayServerUnsuitable) as error:
            problems.append(error)
    raise next((one for one in problems if isinstance(one, DisplayServerUnsuitable)), problems[0])
