"""Programs that are run for their output: the answer, and no process left behind."""

from __future__ import annotations

from pathlib import Path

import psutil

from jupyter_desktop.backends import asking
from tests.servers import until


def test_output_errors_and_status_are_returned() -> None:
    answer = asking.ask("sh", "-c", "echo $A; echo no >&2; exit 3", environment={"A": "yes"})
    assert (answer.output, answer.errors, answer.status) == ("yes\n", "no\n", 3)


def test_a_program_that_hangs_is_killed_with_its_children() -> None:
    """The Jupyter server is no subreaper, so it could not find such children later."""
    answer = asking.ask("sh", "-c", "echo $$; sleep 1000; exit", timeout=2)
    assert answer.status is None
    group = int(answer.output)
    until(lambda: not any(_is_in(one, group) for one in psutil.process_iter()), "its end")


def _is_in(process: psutil.Process, session: int) -> bool:
    """Whether ``process`` is in that session (setsid(2)), and has not ended."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text()
        state, _, _, its_session, *_ = told.rpartition(")")[2].split()
    except OSError:
        return False
    return int(its_session) == session and state != "Z"
