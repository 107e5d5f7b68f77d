"""The stream "video": motion on the screen, captured and encoded by the session's companion."""

from __future__ import annotations

import signal
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import psutil
import pytest

from jupyter_desktop.video.records import FromPage, ToPage
from tests import servers
from tests.clients import Closed, Viewer
from tests.servers import JupyterServer, until

from .video import PATH, Painter, VideoViewer, painting, viewing
from .viewing import folder_of, grabbed, size, view

# Small, so that encoding is quick on a busy machine as well.
WIDTH, HEIGHT = 333, 250
SCREEN = (0, 0, WIDTH, HEIGHT)
GREEN = 0x20D040

WITHOUT_ENCODER = "raise ModuleNotFoundError(\"No module named 'av'\", name='av')"


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with servers.running(f"--DesktopApp.geometry={WIDTH}x{HEIGHT}") as server:
        server.start_desktop()
        yield server


@pytest.fixture(scope="module")
def painter(server: JupyterServer) -> Iterator[Painter]:
    with painting(server) as painter:
        yield painter


@pytest.fixture
def viewer(server: JupyterServer) -> Iterator[VideoViewer]:
    with viewing(server) as viewer:
        yield viewer


def companion(server: JupyterServer) -> psutil.Process:
    return server.process_of("-m jupyter_desktop.video")


def pixels(frames: list[bytes], codec: str = "h264") -> list[tuple[int, ...]]:
    """Return the colours of the last frame: in the middle, and at the bottom right."""
    decoder: Any = av.CodecContext.create(codec, "r")
    pictures = [picture for data in frames for picture in decoder.decode(av.Packet(data))]
    pictures += decoder.decode(None)
    assert len(pictures) == len(frames)
    shown = pictures[-1].to_ndarray(format="rgb24")
    places = ((WIDTH // 2, HEIGHT // 2), (WIDTH - 1, HEIGHT - 1))
    return [tuple(map(int, shown[y, x])) for x, y in places]


def watch(*viewers: VideoViewer) -> None:
    """Have viewers request video of the whole screen, and wait for their configurations."""
    for viewer in viewers:
        viewer.start(*SCREEN)
        viewer.config()


def assert_shows(frames: list[bytes], colour: int, codec: str = "h264") -> None:
    wanted = ((colour >> 16) & 255, (colour >> 8) & 255, colour & 255)
    for pixel in pixels(frames, codec):
        # With the matrix of BT.709, green would differ by 25; few frames differ by up to 11.
        assert pixel == pytest.approx(wanted, abs=16)


@pytest.mark.parametrize("codec", ["h264", "vp8", "vp9"])
def test_video_shows_the_screen_until_it_rests(
    painter: Painter, viewer: VideoViewer, codec: str
) -> None:
    viewer.start(*SCREEN, codecs=(codec,))
    config = viewer.config()
    assert config["region"] == list(SCREEN)
    assert config["coded"] == [336, 256]
    with painter.moving():
        frames = [data for _, _, data in viewer.next_frames(20)]
    painter.paint(GREEN)
    frames += viewer.rests()
    assert_shows(frames, GREEN, codec)


def test_key_frames_come_only_on_request(painter: Painter, viewer: VideoViewer) -> None:
    with painter.moving():
        watch(viewer)
        first = viewer.next_frames(60)
        assert first[0][1]
        # And with each new bit rate, as the line is measured.
        assert sum(is_key for _, is_key, _ in first) < 10
        viewer.send(FromPage.KEY)
        assert any(is_key for _, is_key, _ in viewer.next_frames(60))


def test_a_start_is_answered_with_a_frame_even_if_nothing_moves(
    painter: Painter, viewer: VideoViewer
) -> None:
    painter.paint(GREEN)
    watch(viewer)
    assert_shows(viewer.rests(), GREEN)


def test_small_changes_do_not_keep_the_video_on(painter: Painter, viewer: VideoViewer) -> None:
    with painter.moving((10, 10, 40, 40)):
        watch(viewer)
        viewer.rests()


def test_a_part_of_the_screen_is_shown(painter: Painter, viewer: VideoViewer) -> None:
    with painter.moving():
        viewer.start(100, 50, 64, 48)
        assert viewer.config()["region"] == [100, 50, 64, 48]
        assert len(viewer.next_frames(5)) == 5
        # A region ends at the edge of the screen.
        viewer.start(300, 200, 500, 500)
        assert viewer.config()["region"] == [300, 200, 33, 50]


def test_without_acknowledgements_few_frames_are_sent(
    server: JupyterServer, painter: Painter, viewer: VideoViewer
) -> None:
    with painter.moving(), viewing(server, "other") as other:
        watch(viewer, other)
        # The other viewer gets frames, although the first one acknowledges none.
        assert len(other.next_frames(60)) == 60
        other.stop()
        viewer.stop()
        viewer.start(1, 1, 16, 16)  # the answer comes after the earlier records
        kinds: list[int] = []
        while not kinds or kinds[-1] != ToPage.CONFIG:
            kinds.append(viewer.record()[0])
        assert kinds.count(ToPage.FRAME) <= 6


def test_a_stalled_viewer_costs_others_no_key_frames(
    server: JupyterServer, painter: Painter, viewer: VideoViewer
) -> None:
    with painter.moving(), viewing(server, "other") as other:
        watch(viewer, other)
        frames = other.next_frames(200)  # the first viewer counts as stalled after 2 s
        assert sum(is_key for _, is_key, _ in frames) < len(frames) / 4


def test_a_viewer_without_a_common_codec_is_refused_alone(
    server: JupyterServer, painter: Painter, viewer: VideoViewer
) -> None:
    with painter.moving(), viewing(server, "other") as other:
        viewer.start(*SCREEN, codecs=("h264",))
        viewer.config()
        other.start(*SCREEN, codecs=("vp8",))
        kind, payload = other.record()
        assert kind == ToPage.PROBLEM
        assert b"no codec in common" in payload
        assert len(viewer.next_frames(5)) == 5
        other.start(*SCREEN, codecs=("nonesuch",))
        assert b"this browser can show" in other.record()[1]


def test_two_viewers_see_the_region_that_holds_both_of_theirs(
    server: JupyterServer, painter: Painter, viewer: VideoViewer
) -> None:
    with painter.moving(), viewing(server, "other") as other:
        viewer.start(0, 0, 100, 100)
        assert viewer.config()["region"] == [0, 0, 100, 100]
        other.start(150, 100, 50, 50)
        assert other.config()["region"] == [0, 0, 200, 150]
        assert len(other.next_frames(3)) == 3


def test_a_companion_that_was_killed_is_started_again(
    server: JupyterServer, painter: Painter, viewer: VideoViewer
) -> None:
    with view(server) as desktop:
        companion(server).kill()
        assert viewer.is_closed()
        with painter.moving(), viewing(server, "other") as other:
            watch(other)
            assert len(other.next_frames(3)) == 3
        desktop.request_update()
        assert desktop.update()


@pytest.mark.parametrize(
    "record", [b"\0\0\0\0", b"\0\0\x04\x01" + 1025 * b"x", b"\0\0\0\1\x09", b"\0\0\0\3\1{}"]
)
def test_an_invalid_record_disconnects_its_viewer_only(
    server: JupyterServer, painter: Painter, viewer: VideoViewer, record: bytes
) -> None:
    with painter.moving(), viewing(server, "other") as other:
        viewer.wire.send(record)
        assert viewer.is_closed()
        watch(other)
        assert len(other.next_frames(3)) == 3


def resize(viewer: Viewer, width: int, height: int) -> None:
    """Send SetDesktopSize for one screen, after ExtendedDesktopSize as an encoding (rfbproto)."""
    viewer.set_encodings(-308)
    viewer.send(struct.pack(">BxHHBxIHHHHI", 251, width, height, 1, 1, 0, 0, width, height, 0))


def test_a_resized_screen_ends_the_video(server: JupyterServer, painter: Painter) -> None:
    with painter.moving(), viewing(server) as viewer, view(server) as desktop:
        watch(viewer)
        viewer.next_frames(3)
        resize(desktop, 400, 300)
        viewer.rests()
        assert size(server) == (400, 300)
        viewer.start(0, 0, 400, 300)
        assert viewer.config()["region"] == [0, 0, 400, 300]
        resize(desktop, WIDTH, HEIGHT)
        until(lambda: size(server) == (WIDTH, HEIGHT), "the old size")


def test_video_costs_nothing_after_a_rest(
    server: JupyterServer, painter: Painter, viewer: VideoViewer
) -> None:
    watch(viewer)
    viewer.rests()
    with painter.moving():
        before = sum(companion(server).cpu_times()[:2])
        time.sleep(1)
        assert sum(companion(server).cpu_times()[:2]) - before <= 0.02


def test_its_socket_is_the_user_s_only(server: JupyterServer, viewer: VideoViewer) -> None:
    assert (folder_of(server) / "video.sock").stat().st_mode & 0o777 == 0o600


def test_a_view_only_link_shows_video(server: JupyterServer, painter: Painter) -> None:
    made = server.call(
        "POST", "desktop/api/sessions/default/share", {"access": "view", "lifetime": 60}
    )
    with painter.moving(), viewing(server, share=made.json["id"]) as viewer:
        watch(viewer)
        assert len(viewer.next_frames(3)) == 3
        server.call("DELETE", f"desktop/api/sessions/default/shares/{made.json['id']}")
        with pytest.raises(Closed):
            viewer.next_frames(1000)


def test_a_grabbed_x_server_delays_video_only(server: JupyterServer, viewer: VideoViewer) -> None:
    with grabbed(server):
        viewer.start(*SCREEN)
        with view(server):
            pass
    assert viewer.config()


def test_a_stopped_companion_does_not_delay_the_end(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter()
    server.start_desktop()
    with viewing(server):
        companion(server).send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert server.call("DELETE", "desktop/api/sessions/default").status == 204
        assert time.monotonic() - began < 5
    assert not server.processes("-m jupyter_desktop.video")


def refusal(server: JupyterServer) -> str:
    server.start_desktop()
    answer = server.call("POST", PATH, {"client": "page", "stream": "video"})
    assert (answer.status, answer.json["reason"]) == (409, "video-unavailable")
    assert not server.processes("-m jupyter_desktop.video")
    assert server.session()["state"] == "running"
    return f"{answer.json['message']} {answer.json['remedy']} {answer.json['command']}"


def test_video_that_is_switched_off_is_refused(jupyter: Callable[..., JupyterServer]) -> None:
    assert "DesktopApp.video" in refusal(jupyter("--DesktopApp.video=off"))


def test_without_an_encoder_the_answer_has_the_command_that_installs_it(
    jupyter: Callable[..., JupyterServer], tmp_path: Path
) -> None:
    (tmp_path / "av.py").write_text(WITHOUT_ENCODER)
    answer = refusal(jupyter(environment={"PYTHONPATH": str(tmp_path)}))
    assert "pip install 'jupyter-desktop[video]'" in answer


def test_xpra_sends_video_itself(jupyter: Callable[..., JupyterServer]) -> None:
    assert "itself" in refusal(jupyter("--DesktopApp.backend=xpra"))
