"""Compressed pictures are decoded, drawn and closed; broken ones are skipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.servers import until

from .desktop import Desktop, eventually
from .guest import Guest
from .link import link
from .visitor import LINK_IS_DOWN, Visitor

FILM = Path(__file__).parents[2] / "benchmarks" / "xclients" / "motion.py"
# Start of image, and the first byte of the next marker (ITU-T T.81, annex B).
JPEG_BEGINS = b"\xff\xd8\xff"
BROKEN = 5

_COUNT = """
window.bitmaps = { decoded: 0, closed: 0 };
const { createImageBitmap, ImageBitmap: { prototype: { close } } } = window;
window.createImageBitmap = async (...given) => {
  const bitmap = await createImageBitmap(...given);
  bitmaps.decoded += 1;
  return bitmap;
};
ImageBitmap.prototype.close = function () {
  bitmaps.closed += 1;
  close.call(this);
};
"""


@pytest.fixture(scope="module")
def server(backend: str) -> Iterator[servers.JupyterServer]:
    """Without video, which would show the film instead."""
    settings = (f"--DesktopApp.backend={backend}", "--DesktopApp.video=off")
    with servers.running(*settings) as server:
        yield server


@pytest.fixture
def film(server: servers.JupyterServer) -> Iterator[None]:
    """Full-screen motion, which display servers send as JPEG."""
    server.start_desktop()
    with Guest(server).running(sys.executable, str(FILM)):
        yield


def shows_film(desktop: Desktop) -> None:
    desktop.becomes("connected")
    desktop.shows_desktop(colours=1000)
    for _ in range(3):
        desktop.is_live()


# Only VNC: Xpra's pictures are encrypted on the link.
@pytest.mark.parametrize("backend", ["vnc"], indirect=True)
@pytest.mark.usefixtures("film")
def test_undecodable_pictures_are_skipped(server: servers.JupyterServer, visitor: Visitor) -> None:
    visitor.expects("Decoded image has incorrect dimensions")
    with link(server.port) as cable:
        desktop = visitor.opens(server, at=cable.address)
        shows_film(desktop)
        cable.destroy(JPEG_BEGINS, BROKEN)
        until(lambda: cable.left_to_destroy == 0, "pictures that are broken on the way", 60)
        shows_film(desktop)
        assert sum("incorrect dimensions" in one for one in visitor.problems) == BROKEN


@pytest.mark.usefixtures("film")
def test_without_create_image_bitmap_pictures_are_still_shown(
    server: servers.JupyterServer, visitor: Visitor
) -> None:
    visitor.context.add_init_script("delete window.createImageBitmap")
    desktop = visitor.opens(server)
    shows_film(desktop)
    assert desktop.run("() => !('createImageBitmap' in window)")


def test_each_decoded_picture_is_closed(server: servers.JupyterServer, visitor: Visitor) -> None:
    visitor.expects(*LINK_IS_DOWN)
    visitor.context.add_init_script(_COUNT)
    server.start_desktop()
    with link(server.port) as cable:
        with Guest(server).running(sys.executable, str(FILM)):
            desktop = visitor.opens(server, at=cable.address)
            shows_film(desktop)
            cable.cut()  # with pictures under way
            desktop.becomes("reconnecting")
            shows_film(desktop)
        desktop.is_still()
    # Xpra sends fewer and larger pictures, not all of them compressed so.
    assert desktop.run("() => bitmaps.decoded") > 5
    closed = "() => bitmaps.decoded === bitmaps.closed"
    eventually(lambda: desktop.run(closed), "all pictures to be closed")
