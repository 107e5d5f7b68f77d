"""Streams: what a page can be connected to on a desktop, by a connection for each."""

from __future__ import annotations

from ..errors import UnknownStream

DESKTOP = "desktop"  # the display server's protocol: picture, input, clipboard

SERVED = (DESKTOP,)


def unknown_stream(name: str) -> UnknownStream:
    """Return the error for a stream called ``name``."""
    served = ", ".join(map(repr, SERVED))
    return UnknownStream(
        f"Desktops have no stream called {name[:80]!r}.",
        remedy=f"There is {served}. Reload the page, if it comes from another version.",
    )
