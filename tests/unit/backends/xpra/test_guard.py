"""Changes to Xpra's Python, tested in that Python."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from jupyter_desktop.backends.xpra.backend import GUARD

PYTHON = "/usr/bin/python3"  # Xpra's

# The guard's names, a main loop, and a function that notes words and ends the loop.
PRELUDE = f"""
import json, runpy
from gi.repository import GLib
guard = runpy.run_path({str(GUARD)!r})
loop, told = GLib.MainLoop(), []
def tells(*words):
    told.extend(words)
    loop.quit()
"""


def run(script: str) -> tuple[Any, str, int]:
    """Run ``script`` after the prelude.

    Return the JSON that it prints, its standard error, and its exit status.
    """
    ran = subprocess.run(
        [PYTHON, "-I", "-c", PRELUDE + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout), ran.stderr, ran.returncode


GROWTH = """
from pathlib import Path
def much(add):
    left = [50_000]
    def next_one():
        left[0] -= 1
        add(next_one) if left[0] else loop.quit()
    add(next_one)
    loop.run()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4  # KiB
import gi
before = much(GLib.idle_add)
lost = much(GLib.idle_add) - before
assert lost > 4000 or gi.version_info >= (3, 44, 2), f"only {lost} KiB without the change"
guard["_mend_callbacks"]()
by_timer = lambda function: GLib.timeout_add(0, function)
much(GLib.idle_add), much(by_timer)
before = much(GLib.idle_add)
print(json.dumps([much(add) - before for add in (GLib.idle_add, by_timer)]))
"""


def test_callbacks_do_not_leak_memory() -> None:
    growth, *_ = run(GROWTH)
    assert max(growth) < 500  # KiB


def test_callbacks_are_called_as_before() -> None:
    told, *_ = run("""
guard["_mend_callbacks"]()
times = []
def thrice():
    times.append(0)
    return len(times) < 3 or tells("thrice")
def low():
    told.append("low")
    GLib.timeout_add(0.9, thrice)
never = GLib.timeout_add(0, tells, "never")
GLib.idle_add(low, priority=GLib.PRIORITY_LOW)
GLib.idle_add(told.extend, ["high", 1], priority=GLib.PRIORITY_HIGH)
removed = GLib.source_remove(never)
loop.run()
print(json.dumps([told, removed]))
""")
    assert told == [["high", 1, "low", "thrice"], True]


def test_a_callback_that_fails_is_logged_and_not_called_again() -> None:
    told, complaints, status = run("""
guard["_mend_callbacks"]()
def fails():
    told.append("failed")
    raise LookupError("it fails")
GLib.idle_add(fails)
GLib.idle_add(tells, priority=GLib.PRIORITY_LOW)
loop.run()
print(json.dumps(told))
""")
    assert (told, status) == (["failed"], 0)
    assert complaints.count("LookupError: it fails") == 1


def test_a_callback_that_exits_ends_the_process() -> None:
    """Xpra ends in this way on a signal."""
    told, complaints, status = run("""
import sys
guard["_mend_callbacks"]()
print(json.dumps("before"), flush=True)
GLib.idle_add(sys.exit, 143)
GLib.idle_add(print, "after", priority=GLib.PRIORITY_LOW)
loop.run()
""")
    assert (told, complaints, status) == ("before", "", 143)
