"""Large areas that move are shown as video; at rest the picture is the screen's, bit for bit."""

from __future__ import annotations

import base64
import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests import servers
from tests.integration.video import Painter, painting
from tests.integration.viewing import x_environment
from tests.servers import JupyterServer

from .desktop import Desktop, eventually
from .link import link
from .visitor import LINK_IS_DOWN, Visitor

FILM = Path(__file__).parents[2] / "benchmarks" / "xclients" / "motion.py"
# Small, so that video is quick on a busy machine as well.
WINDOW = {"width": 800, "height": 500}
PART = (128, 64, 384, 320)

# The pixels of the X screen, as lines of R, G and B.
_SCREEN = """
import sys, xcffib, xcffib.xproto
connection = xcffib.connect()
root = connection.get_setup().roots[0].root
size = connection.core.GetGeometry(root).reply()
format = xcffib.xproto.ImageFormat.ZPixmap
reply = connection.core.GetImage(format, root, 0, 0, size.width, size.height, 0xFFFFFFFF).reply()
data = bytes(reply.data.buf())
pixels = bytearray(len(data) // 4 * 3)
for colour in range(3):
    pixels[colour::3] = data[2 - colour :: 4]
sys.stdout.buffer.write(pixels)
"""

# The pixels of the page's canvas, in the same order, in base64.
_CANVAS = """() => {
  const canvas = document.querySelector("#screen canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint8Array(data.length / 4 * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    pixels.set(data.subarray(from, from + 3), to);
  }
  const text = Array.from({ length: Math.ceil(pixels.length / 8192) },
    (_, part) => String.fromCharCode(...pixels.subarray(part * 8192, (part + 1) * 8192)));
  return btoa(text.join(""));
}"""

_REGION = """() => {
  const { left, top, width, height } = document.querySelector(".video").getBoundingClientRect();
  return [left, top, width, height].map(Math.round);
}"""


@pytest.fixture(scope="module")
def backend() -> str:
    return "vnc"


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with servers.running() as server:
        yield server


@pytest.fixture
def desktop(visit: Callable[..., Visitor], server: JupyterServer) -> Desktop:
    return opened(visit, server)


def opened(
    visit: Callable[..., Visitor], server: JupyterServer, path: str = "desktop/", at: str = ""
) -> Desktop:
    desktop = visit(viewport=WINDOW).opens(server, path, at)
    desktop.shows_desktop(colours=1)
    video_is(desktop, "idle")
    return desktop


def takes_pointer(desktop: Desktop) -> None:
    """Move the pointer in this page; else the display server draws it into the page's picture."""
    # Within the picture, which may be narrower than the page.
    desktop.page.mouse.move(300, 30)
    desktop.page.mouse.move(310, 30)


@pytest.fixture
def painter(desktop: Desktop, server: JupyterServer) -> Iterator[Painter]:
    with painting(server) as painter:
        yield painter


def video_is(desktop: Desktop, state: str, seconds: float = 30) -> None:
    def has() -> bool:
        return desktop.root.get_attribute("data-video") == state

    eventually(has, f"video to be {state!r}", seconds)


def is_exact(desktop: Desktop, server: JupyterServer, *, video: bool = True) -> None:
    """Fail unless the canvas gets equal to the X screen; the display server refines it at rest."""

    def equal() -> bool:
        command = [sys.executable, "-c", _SCREEN]
        screen = subprocess.run(
            command, env=x_environment(server), stdout=subprocess.PIPE, timeout=30, check=True
        ).stdout
        return base64.b64decode(desktop.run(_CANVAS)) == screen

    if video:
        video_is(desktop, "idle")
    takes_pointer(desktop)
    eventually(equal, "a picture equal to the screen", 20)


@contextmanager
def playing(server: JupyterServer) -> Iterator[None]:
    """Show a film in full screen meanwhile."""
    environment = x_environment(server)
    with subprocess.Popen(
        [sys.executable, str(FILM)], env=environment, stdout=subprocess.DEVNULL
    ) as film:
        try:
            yield
        finally:
            film.kill()


def companion(server: JupyterServer) -> psutil.Process:
    return server.process_of("-m jupyter_desktop.video")


def test_a_film_is_shown_as_video_and_afterwards_exactly(
    desktop: Desktop, server: JupyterServer
) -> None:
    for _ in range(3):
        with playing(server):
            video_is(desktop, "on")
            assert desktop.run(_REGION) == [0, 0, WINDOW["width"], WINDOW["height"]]
            first = desktop.measure()
            assert first["colours"] > 1000
            eventually(lambda: desktop.measure() != first, "a picture that moves")  # noqa: B023
        is_exact(desktop, server)


def test_motion_that_starts_and_stops_leaves_nothing_stale(
    desktop: Desktop, server: JupyterServer, painter: Painter
) -> None:
    for number in range(10):
        with painter.moving(PART if number % 2 else (0, 0, 800, 500)):
            video_is(desktop, "on")
        is_exact(desktop, server)


def test_only_the_part_that_moves_is_video(
    desktop: Desktop, server: JupyterServer, painter: Painter
) -> None:
    with painter.moving(PART):
        video_is(desktop, "on")
        left, top, width, height = desktop.run(_REGION)
        assert left <= PART[0]
        assert top <= PART[1]
        assert left + width >= PART[0] + PART[2]
        assert top + height >= PART[1] + PART[3]
        assert width * height < 800 * 500
        # RFB shows the rest of the screen.
        painter.paint(0x123456, (780, 480, 20, 20))
        pixel = "() => [...document.querySelector('#screen canvas').getContext('2d')\
            .getImageData(790, 490, 1, 1).data]"
        eventually(lambda: desktop.run(pixel) == [0x12, 0x34, 0x56, 255], "the other part")
    is_exact(desktop, server)


def test_a_desktop_that_is_resized_in_motion_goes_on(
    desktop: Desktop, server: JupyterServer, painter: Painter
) -> None:
    with painter.moving((0, 0, 1000, 1000)):
        video_is(desktop, "on")
        desktop.page.set_viewport_size({"width": 700, "height": 451})
        eventually(lambda: desktop.size() == (700, 451), "the new size", 20)
        eventually(lambda: desktop.run(_REGION) == [0, 0, 700, 451], "video in the new size", 30)
    is_exact(desktop, server)
    assert desktop.size() == (700, 451)


def test_a_connection_that_is_lost_in_motion_returns(
    visit: Callable[..., Visitor], server: JupyterServer
) -> None:
    server.start_desktop()
    with link(server.port) as cable:
        visitor = visit(viewport=WINDOW)
        visitor.expects(*LINK_IS_DOWN)
        desktop = visitor.opens(server, at=cable.address)
        desktop.shows_desktop(colours=1)
        video_is(desktop, "idle")
        with painting(server) as painter:
            with painter.moving():
                video_is(desktop, "on")
                cable.down()
                desktop.becomes("reconnecting")
                cable.up()
                desktop.becomes("connected")
                video_is(desktop, "on", 60)
            is_exact(desktop, server)


def test_two_pages_of_different_sizes_show_video(
    visit: Callable[..., Visitor], desktop: Desktop, server: JupyterServer, painter: Painter
) -> None:
    other = visit(viewport={"width": 640, "height": 480}).opens(server)
    other.shows_desktop(colours=1)
    with painter.moving((0, 0, 1000, 1000)):
        for one in (desktop, other):
            video_is(one, "on", 60)
    for one in (desktop, other):
        is_exact(one, server)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_without_the_companion_the_desktop_goes_on(
    desktop: Desktop, server: JupyterServer, painter: Painter, ending: signal.Signals
) -> None:
    with painter.moving():
        video_is(desktop, "on")
        process = companion(server)
        process.send_signal(ending)
        eventually(
            lambda: desktop.root.get_attribute("data-video") != "on", "the end of the video", 20
        )
        desktop.is_live()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
    assert desktop.state == "connected"


def test_a_browser_without_decoder_shows_motion_coarsely_and_rest_exactly(
    visit: Callable[..., Visitor], server: JupyterServer
) -> None:
    visitor = visit(viewport=WINDOW)
    visitor.context.add_init_script("delete window.VideoDecoder")
    desktop = visitor.opens(server)
    desktop.shows_desktop(colours=1)
    with playing(server):
        for _ in range(10):
            desktop.is_live()
        assert desktop.root.get_attribute("data-video") in (None, "off")
    is_exact(desktop, server, video=False)


def test_plain_http_to_another_host_shows_motion_as_before(
    visit: Callable[..., Visitor],
) -> None:
    with servers.running("--ServerApp.allow_remote_access=True") as server:
        visitor = visit(viewport=WINDOW)
        visitor.expects("noVNC requires a secure context")
        desktop = visitor.opens(server, at=f"http://desktop.test:{server.port}")
        desktop.shows_desktop(colours=1)
        with painting(server) as painter, painter.moving():
            for _ in range(10):
                desktop.is_live()
            assert not server.processes("-m jupyter_desktop.video")
        desktop.page.close()


def test_video_that_is_switched_off_is_not_requested(visit: Callable[..., Visitor]) -> None:
    with servers.running("--DesktopApp.video=off") as server:
        desktop = visit(viewport=WINDOW).opens(server)
        desktop.shows_desktop(colours=1)
        with painting(server) as painter, painter.moving():
            for _ in range(10):
                desktop.is_live()
        assert "video" not in server.log
        desktop.page.close()
