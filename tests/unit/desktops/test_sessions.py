"""Names of desktops, and what the server makes of what a session process says and does."""

from __future__ import annotations

import asyncio
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.desktops.plans import Plan
from jupyter_desktop.desktops.sessions import Sessions, check_name
from jupyter_desktop.errors import BadRequest, NotReady, SessionEnded, UnknownSession
from jupyter_desktop.placements import Local, Placement
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.system.access import Access


@pytest.mark.parametrize(
    "name", ["default", "a", "0", "my-desktop", "A.b_c-9", "x" * 63, "work.2024"]
)
def test_good_names(name):
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", ".hidden", "-x", "_x", "a/b", "../x", "a b", "a\n", "a\0", "é", "٣"),
        *("a" * 64, "<script>", "a%2Fb", "a?b", "a#b", "\ud800"),
    ],
)
def test_bad_names_say_what_a_good_one_is(name):
    with pytest.raises(BadRequest) as refused:
        check_name(name)
    assert "63 letters, digits" in refused.value.remedy
    assert len(refused.value.message) < 500


@given(st.text(max_size=100))
def test_a_name_that_passes_is_safe_in_a_path(name):
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

    def launch(self, session_command):
        script = "import sys\nfor line in sys.argv[2:]: print(line, flush=True)\nexec(sys.argv[1])"
        return [sys.executable, "-c", script, self.then, *self.lines]

    async def connect(self, path):
        raise AssertionError


LOG = logging.getLogger("test")
RUNNING = '{"event": "state", "state": "running", "reachable": true}'


def sessions(placement: Placement, **specification: object) -> Sessions:
    plan = Plan(Specification(**specification), placement)
    return Sessions(lambda name, wish: plan, LOG)


async def reaches(session, state):
    async with session.subscribe() as events:
        while session.state.state != state:
            await asyncio.wait_for(events.get(), 10)


async def test_an_unknown_desktop():
    with pytest.raises(UnknownSession, match="no desktop called 'x'"):
        sessions(Local()).get("x")


async def test_what_is_not_ready_and_what_has_ended():
    all_of_them = sessions(Says())
    session, started = await all_of_them.start("one")
    assert started
    with pytest.raises(NotReady):
        session.check_reachable()
    await all_of_them.stop("one")
    with pytest.raises(SessionEnded):
        session.check_reachable()


async def test_nobody_listens(tmp_path):
    """A display server that is killed is gone a moment before that is known."""
    with pytest.raises(NotReady, match="does not answer"):
        await Local().connect(str(tmp_path / "display.sock"))


async def test_starting_twice_starts_once():
    all_of_them = sessions(Says(RUNNING))
    results = await asyncio.gather(*(all_of_them.start("one") for _ in range(10)))
    assert sorted(started for _, started in results) == [False] * 9 + [True]
    assert len({session for session, _ in results}) == 1
    await all_of_them.stop_all()


async def test_a_session_process_that_dies_without_a_word():
    all_of_them = sessions(Says(RUNNING, then="import os; os.kill(os.getpid(), 9)"))
    session, _ = await all_of_them.start("one")
    await reaches(session, "failed")
    assert session.state.error.reason == "start-failed"
    assert session.state.reachable is False
    assert "status -9" in session.state.error.message


async def test_a_session_program_that_is_not_there():
    class Nowhere(Local):
        def launch(self, session_command):
            return ["/nowhere/python"]

    session, _ = await sessions(Nowhere()).start("one")
    assert session.state.state == "failed"
    assert "/nowhere/python could not be run: No such file" in session.state.error.message
    assert session.state.error.remedy


@pytest.mark.parametrize("line", ["nonsense", "{}", "[]", "3", '{"event": "admitted"}', "\ufffd"])
async def test_odd_words_of_a_session_are_survived(line):
    all_of_them = sessions(Says(line, RUNNING))
    session, _ = await all_of_them.start("one")
    await reaches(session, "running")
    await all_of_them.stop("one")


async def test_a_long_state_is_understood():
    """A session's last hundred lines may take more than a megabyte as JSON."""
    state = "{'event': 'state', 'state': 'failed', 'log': ['日' * 2000] * 100}"
    all_of_them = sessions(Says(then=f"import json; print(json.dumps({state}))"))
    session, _ = await all_of_them.start("one")
    await reaches(session, "failed")
    assert len(session.state.log) == 100


async def test_a_session_that_does_not_end_is_killed():
    stubborn = Says(RUNNING, then="import time\nwhile True: time.sleep(60)")
    all_of_them = sessions(stubborn, stop_timeout=0.1)
    session, _ = await all_of_them.start("one")
    await reaches(session, "running")
    await all_of_them.stop("one")
    assert session.state.state == "failed"


async def test_a_session_that_is_late_may_clean_up_before_it_is_killed(tmp_path):
    """Its worker has ``slack`` to end, and only then its keeper cleans up."""

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


async def test_who_waits_for_a_password_is_told_of_the_end():
    session, _ = await sessions(Says(RUNNING)).start("one")
    await reaches(session, "running")
    with pytest.raises(SessionEnded):
        await asyncio.wait_for(session.connect("secret", Access.FULL), 10)


def test_a_specification_survives_its_line():
    from jupyter_desktop.backends import Clipboard, DisplaySettings, XpraSettings

    xpra = XpraSettings(mode="seamless", arguments=("--c",), mdns=True)
    display = DisplaySettings("1x1", Clipboard.IN, "Ünï\n", "/x", ("-a", "b"), xpra)
    specification = Specification("vnc", display, "key", "s", ("f",), ("g",), 1.5, 2)
    line = specification.to_line()
    assert "\n" not in line
    assert Specification.from_line(line) == specification
