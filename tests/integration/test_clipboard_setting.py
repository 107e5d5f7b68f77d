"""The clipboard setting, which the display server enforces for all viewers."""

from __future__ import annotations

import contextlib
import threading
import zlib
from collections.abc import Iterator
from typing import TypeAlias

import pytest

from tests import servers
from tests.clients import Closed, Viewer
from tests.integration.viewing import on_display, selected, selection, view

TEXT = "text of the desktop"
UNICODE = "Größe 日本語 🖥️"

REQUEST, NOTIFY, PROVIDE = 1 << 25, 1 << 27, 1 << 28

INTO, OUT_OF = {"both", "in"}, {"both", "out"}

# A server and its setting.
Desktop: TypeAlias = tuple[servers.JupyterServer, str]


@pytest.fixture(scope="module", params=["both", "in", "out", "off"])
def desktop(request: pytest.FixtureRequest) -> Iterator[Desktop]:
    with servers.running(f"--DesktopApp.clipboard={request.param}") as server:
        server.start_desktop()
        yield server, request.param


def settled(viewer: Viewer) -> list[bytes]:
    """Wait for ten answers of the display server; return the cut texts received meanwhile."""
    cut_texts = []
    for _ in range(10):
        viewer.send(b"\x03\x00" + bytes(4) + b"\x00\x01\x00\x01")
        for kind, body in viewer.messages():
            if kind == 3:
                cut_texts.append(body)
            elif kind == 0:
                viewer._rectangles()
                break
    return cut_texts


def answer_requests(viewer: Viewer, text: str) -> None:
    """Provide ``text`` whenever the server asks for it, until the connection ends."""
    with contextlib.suppress(Closed, OSError):
        for kind, body in viewer.messages():
            if kind == 3 and flags(body) & REQUEST:
                viewer.provide(text)


def test_plain_text_reaches_the_desktop_only_if_allowed(desktop: Desktop) -> None:
    server, setting = desktop
    with view(server) as viewer:
        viewer.set_encodings(0)
        viewer.cut_text(f"{TEXT} {setting}")
        settled(viewer)
        assert selection(server) == (f"{TEXT} {setting}" if setting in INTO else None)


def test_unicode_reaches_the_desktop_only_if_allowed(desktop: Desktop) -> None:
    server, setting = desktop
    with view(server) as viewer:
        viewer.offer_extended_clipboard()
        settled(viewer)
        viewer.notify()
        answering = threading.Thread(target=answer_requests, args=(viewer, UNICODE), daemon=True)
        answering.start()
        assert selection(server) == (UNICODE if setting in INTO else None)


def test_unrequested_text_reaches_the_desktop_only_if_allowed(desktop: Desktop) -> None:
    """The extended clipboard's "provide", without the server's "request"."""
    server, setting = desktop
    with view(server) as viewer:
        viewer.offer_extended_clipboard()
        viewer.provide("unasked")
        settled(viewer)
        assert setting in INTO or selection(server) is None


def test_plain_text_reaches_the_viewer_only_if_allowed(desktop: Desktop) -> None:
    server, setting = desktop
    with view(server) as viewer:
        viewer.set_encodings(0)
        settled(viewer)
        with selected(server, TEXT):
            if setting in OUT_OF:
                kind, body = next(viewer.messages())
                assert (kind, body[4:]) == (3, TEXT.encode())
            else:
                assert settled(viewer) == []


def test_unicode_reaches_the_viewer_only_if_allowed(desktop: Desktop) -> None:
    server, setting = desktop
    with view(server) as viewer:
        viewer.offer_extended_clipboard()
        settled(viewer)
        with selected(server, UNICODE):
            if setting in OUT_OF:
                servers.until(lambda: UNICODE in provided(told(viewer)), "the text")
            else:
                viewer.request_text()
                texts = settled(viewer)
                assert not any(flags(body) & (NOTIFY | PROVIDE) for body in texts)


def told(viewer: Viewer) -> list[bytes]:
    """Return the received texts, and request a text that was only announced."""
    texts = settled(viewer)
    if any(flags(body) & NOTIFY for body in texts):
        viewer.request_text()
    return texts


def flags(body: bytes) -> int:
    """Return the flags of an extended clipboard message; 0 for plain text."""
    negative = body[0] & 0x80
    return int.from_bytes(body[4:8], "big") if negative else 0


def provided(texts: list[bytes]) -> list[str]:
    """Return the texts of "provide" messages: zlib, each a length, UTF-8, and a zero byte."""
    packed = [body[8:] for body in texts if flags(body) & PROVIDE]
    return [zlib.decompressobj().decompress(data)[4:].rstrip(b"\0").decode() for data in packed]


def test_vncconfig_on_the_desktop_cannot_change_the_setting(desktop: Desktop) -> None:
    server, _ = desktop
    for name in ("AcceptCutText", "SendCutText", "SetPrimary", "MaxCutText"):
        with on_display(server, "vncconfig", "-set", f"{name}=1") as program:
            program.communicate(timeout=10)
    # An older selection is lost when its new owner ends.
    with selected(server, "nothing"):
        pass
    test_plain_text_reaches_the_desktop_only_if_allowed(desktop)
    test_plain_text_reaches_the_viewer_only_if_allowed(desktop)
