"""Names of desktops, and how the server handles the lines and the end of session processes."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.desktops.desktop_session import DesktopSession
from jupyter_desktop.desktops.plans import Plan
from jupyter_desktop.desktops.sessions import Sessions, check_name
from jupyter_desktop.errors import BadRequest, NotReady, SessionEnded, UnknownSession
from jupyter_desktop.placements import Local, Placement
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.system.access import Access
from jupyter_desktop.system.session_messages import Problem


@pytest.mark.parametrize(
    "name", ["default", "a", "0", "my-desktop", "A.b_c-9", "x" * 63, "work.2024"]
)
def test_a_valid_name_is_accepted(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", ".hidden", "-x", "_x", "a/b", "../x", "a b", "a\n", "a\0", "é", "٣"),
        *("a" * 64, "<script>", "a%2Fb", "a?b", "a#b", "\ud800"),
    ],
)
def test_an_invalid_name_is_refused_with_the_rules_for_names(name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_name(name)
    assert "63 letters, digits" in (refused.value.remedy or "")
    assert len(refused.value.message) < 500


@given(st.text(max_size=100))
def test_an_accepted_name_is_safe_in_a_path(name: str) -> None:
    try:
        check_name(name)
    except BadRequest:
        return
    assert name.isascii()
    assert not set(name) & set("/\\%?#&\"'<> \n\0")
    assert name not in (".", "..")


# The specification, and then the command to stop.
UNTIL_STOPPED = "sys.stdin.readline(); sys.stdin.readline()"


class Says(Placement):
    """A placement whose session processes print ``lines`` and then wait for their end."""

    def __init__(self, *lines: str, then: str = UNTIL_STOPPED) -> None:
        self.lines = lines
        self.then = then

    def launch(self, session_command: Sequence[str]) -> list[str]:
        script = "import sys\nfor line in sys.argv[2:]: print(line, flush=True)\nexec(sys.argv[1])"
        return [sys.executable, "-c", script, self.then, *self.lines]

    async def connect(self, path: str) -> socket.socket:
        raise AssertionError


LOG = logging.getLogger("test")
RUNNING = '{"event": "state", "state": "running", "reachable": true}'


def sessions(placement: Placement, stop_timeout: float = Specification.stop_timeout) -> Sessions:
    plan = Plan(Specification(stop_timeout=stop_timeout), placement)
    return Sessions(lambda name, wish: plan, LOG)


def problem_of(session: DesktopSession) -> Problem:
    problem = session.state.error
    assert problem
    return problem


async def reaches(session: DesktopSession, state: str) -> None:
    async with session.subscribe() as events:
        while session.state.state != state:
            await asyncio.wait_for(events.get(), 10)


async def test_an_unknown_desktop_raises_an_error() -> None:
    with pytest.raises(UnknownSession, match="no desktop called 'x'"):
        sessions(Local()).get("x")


async def test_a_starting_desktop_is_not_ready_and_a_stopped_one_has_ended() -> None:
    all_of_them = sessions(Says())
    session, started = await all_of_them.start("one")
    assert started
    with pytest.raises(NotReady):
        session.check_reachable()
    await all_of_them.stop("one")
    with pytest.raises(SessionEnded):
        session.check_reachable()


async def test_a_socket_without_a_listener_is_not_ready(tmp_path: Path) -> None:
    """The case just after a display server was killed, until the session reports it."""
    with pytest.raises(NotReady, match="does not answer"):
        await Local().connect(str(tmp_path / "display.sock"))


async def test_concurrent_starts_start_one_session() -> None:
    all_of_them = sessions(Says(RUNNING))
    results = await asyncio.gather(*(all_of_them.start("one") for _ in range(10)))
    assert sorted(started for _, started in results) == [False] * 9 + [True]
    assert len({session for session, _ in results}) == 1
    await all_of_them.stop_all()


async def test_a_killed_session_process_is_a_failure_with_its_status() -> None:
    all_of_them = sessions(Says(RUNNING, then="import os; os.kill(os.getpid(), 9)"))
    session, _ = await all_of_them.start("one")
    await reaches(session, "failed")
    assert problem_of(session).reason == "start-failed"
    assert session.state.reachable is False
    assert "status -9" in problem_of(session).message


async def test_a_missing_session_program_is_a_failure_with_its_path_and_a_remedy() -> None:
    class Nowhere(Local):
        def launch(self, session_command: Sequence[str]) -> list[str]:
            return ["/nowhere/python"]

    session, _ = await sessions(Nowhere()).start("one")
    assert session.state.state == "failed"
    assert "/nowhere/python could not be run: No such file" in problem_of(session).message
    assert problem_of(session).remedy


@pytest.mark.parametrize("line", ["nonsense", "{}", "[]", "3", '{"event": "admitted"}', "\ufffd"])
async def test_an_invalid_line_of_a_session_is_ignored(line: str) -> None:
    all_of_them = sessions(Says(line, RUNNING))
    session, _ = await all_of_them.start("one")
    await reaches(session, "running")
    await all_of_them.stop("one")


async def test_a_state_with_a_long_log_is_read() -> None:
    """A session's last hundred lines may take more than a megabyte as JSON."""
    state = "{'event': 'state', 'state': 'failed', 'log': ['日' * 2000] * 100}"
    all_of_them = sessions(Says(then=f"import json; print(json.dumps({state}))"))
    session, _ = await all_of_them.start("one")
    await reaches(session, "failed")
    assert len(session.state.log) == 100


async def test_a_session_that_does_not_stop_in_time_is_killed() -> None:
    stubborn = Says(RUNNING, then="import time\nwhile True: time.sleep(60)")
    all_of_them = sessions(stubborn, stop_timeout=0.1)
    session, _ = await all_of_them.start("one")
    await reaches(session, "running")
    await all_of_them.stop("one")
    assert session.state.state == "failed"


async def test_a_session_that_stops_late_can_clean_up_before_it_is_killed(tmp_path: Path) -> None:
    """Its worker has ``slack`` seconds to end, and its keeper cleans up after that."""

    class Late(Says):
        slack = 3.0

    left = tmp_path / "left"
    left.touch()
    ending = f"time.sleep({Late.slack + 0.4}); pathlib.Path({str(left)!r}).unlink(); os._exit(0)"
    then = (
        "import os, pathlib, signal, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: exec({ending!r}))\n"
        "while True: time.sleep(60)"
    )
    all_of_them = sessions(Late(RUNNING, then=then), stop_timeout=0.1)
    session, _ = await all_of_them.start("one")
    await reaches(session, "running")
    await all_of_them.stop("one")
    assert not left.exists()


async def test_a_connection_that_waits_for_a_password_fails_when_the_session_ends() -> None:
    session, _ = await sessions(Says(RUNNING)).start("one")
    await reaches(session, "running")
    with pytest.raises(SessionEnded):
        await asyncio.wait_for(session.connect("secret", Access.FULL), 10)


def test_a_specification_is_the_same_after_to_line_and_from_line() -> None:
    from jupyter_desktop.backends import Clipboard, DisplaySettings, XpraSettings

    xpra = XpraSettings(mode="seamless", arguments=("--c",), mdns=True)
    display = DisplaySettings("1x1", Clipboard.IN, "Ünï\n", "/x", ("-a", "b"), xpra)
    specification = Specification("vnc", display, "key", "s", ("f",), ("g",), 1.5, 2)
    line = specification.to_line()
    assert "\n" not in line
    assert Specification.from_line(line) == specification
