"""Streams of a desktop; a page has one connection for each."""

from __future__ import annotations

from ..errors import UnknownStream

DESKTOP = "desktop"  # the display server's protocol: picture, input, clipboard
VIDEO = "video"  # moving parts of the picture, see ``jupyter_desktop.video``

# A file in the runtime folder of each desktop that shows video now.
VIDEO_ACTIVE = "video-active"

SERVED = (DESKTOP, VIDEO)


def unknown_stream(name: str) -> UnknownStream:
    """Return the error for a stream called ``name``."""
    served = ", ".join(map(repr, SERVED))
    return UnknownStream(
        f"Desktops have no stream called {name[:80]!r}.",
        remedy=f"The streams are: {served}. Reload the page, which may be of another version.",
    )
