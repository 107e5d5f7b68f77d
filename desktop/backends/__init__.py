"""The display servers we know: one module each, chosen by name."""

from __future__ import annotations

from ..errors import BadRequest
from .base import Backend, DisplaySettings, Installed, Runtime, check_geometry
from .vnc import Vnc

_BACKENDS: dict[str, type[Backend]] = {backend.name: backend for backend in (Vnc,)}

NAMES = tuple(_BACKENDS)

__all__ = [
    "NAMES",
    "Backend",
    "DisplaySettings",
    "Installed",
    "Runtime",
    "backend",
    "check_geometry",
]


def backend(name: str) -> Backend:
    """Return the backend called ``name``; raises ``BadRequest`` where there is none."""
    try:
        return _BACKENDS[name]()
    except KeyError:
        raise BadRequest(
            f"There is no display server called {name!r}.",
            remedy=f"Choose one of: {', '.join(NAMES)}.",
        ) from None
