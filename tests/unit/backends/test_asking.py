"""Programs that are asked what they are: what they answer, and that nothing is left of them."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from jupyter_desktop.backends import asking
from tests.servers import until


def test_an_answer() -> None:
    answer = asking.ask("sh", "-c", "echo $A; echo no >&2; exit 3", environment={"A": "yes"})
    assert (answer.output, answer.errors, answer.status) == ("yes\n", "no\n", 3)


def test_of_one_that_hangs_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what it has started, either: the Jupyter server asks, too, and adopts nobody."""
    monkeypatch.setattr(asking, "_ANSWER_TIMEOUT", 2)
    answer = asking.ask("sh", "-c", "echo $$; sleep 1000; exit")
    assert answer.status is None
    group = int(answer.output)
    until(lambda: not any(_is_in(one, group) for one in psutil.process_iter()), "its end")


def _is_in(process: psutil.Process, session: int) -> bool:
    """Whether it is in that session (setsid(2)), and has not ended."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text()
        state, _, _, its_session, *_ = told.rpartition(")")[2].split()
    except OSError:
        return False
    return int(its_session) == session and state != "Z"
