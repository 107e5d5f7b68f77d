"""Streams: what a page can be connected to on a desktop, by a connection for each."""

from __future__ import annotations

DESKTOP = "desktop"  # the display server's protocol: picture, input, clipboard

SERVED = (DESKTOP,)
