"""Log lines and metrics of a desktop's starts and ends."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import REGISTRY

from jupyter_desktop.desktops.record import Record


@pytest.fixture
def record(caplog: pytest.LogCaptureFixture) -> Record:
    caplog.set_level(logging.INFO)
    return Record("one", logging.getLogger("test"))


def number(name: str) -> float:
    value = REGISTRY.get_sample_value(f"jupyter_desktop_{name}")
    assert value is not None
    return value


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(one.levelname, one.getMessage()) for one in caplog.records]


def test_start_ready_and_end_are_each_logged_once_and_counted(
    record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    running, starts = number("desktops_running"), number("start_seconds_count")
    for step in ("submit", "queue", "display-server", "session"):
        record.changed("starting", step)
    record.changed("running", "running")
    record.changed("running", "ending")
    assert (number("desktops_running"), number("start_seconds_count")) == (running + 1, starts + 1)
    record.changed("stopped", "It was stopped.")
    assert (number("desktops_running"), number("start_seconds_count")) == (running, starts + 1)
    assert lines(caplog) == [
        ("INFO", "Desktop 'one' is starting."),
        ("INFO", "Desktop 'one' runs; its start took 0.0 s."),
        ("INFO", "Desktop 'one' has ended: It was stopped."),
    ]


def test_a_failed_desktop_is_logged_as_an_error_and_not_counted_as_running(
    record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    running, starts = number("desktops_running"), number("start_seconds_count")
    record.changed("starting", "display-server")
    record.failed("It broke.", ["first", *["more"] * 19, "last"])
    assert (number("desktops_running"), number("start_seconds_count")) == (running, starts)
    record.changed("starting", "display-server")
    record.changed("running", "running")
    record.failed("It broke.", [])
    assert number("desktops_running") == running
    errors = [message for level, message in lines(caplog) if level == "ERROR"]
    assert errors[0] == "Desktop 'one' failed: It broke."
    assert errors[1].endswith("    last")
    assert "first" not in errors[1]


def test_control_characters_from_programs_are_escaped_in_the_log(
    record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    record.changed("running", "x")
    record.changed("stopped", "\x1b[2J\n[E] forged")
    record.failed("\x1b[2J\n[E] forged", ["\x1b[2J"])
    assert caplog.text.count(r"\x1b[2J\n[E] forged") == 2
    assert "\x1b" not in caplog.text
