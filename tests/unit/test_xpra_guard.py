"""What is changed in Xpra's Python, in that Python."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from desktop.backends.xpra import GUARD

PYTHON = "/usr/bin/python3"  # Xpra's

# The guard's names, a main loop, and a function that runs it until something is told.
PRELUDE = f"""
import json, runpy
from gi.repository import GLib
guard = runpy.run_path({str(GUARD)!r})
loop, told = GLib.MainLoop(), []
def tells(*words):
    told.extend(words)
    loop.quit()
"""


def run(script: str) -> tuple[Any, str]:
    """Run ``script`` after the prelude; return the JSON that it prints, and its complaints."""
    ran = subprocess.run(
        [PYTHON, "-I", "-c", PRELUDE + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(ran.stdout), ran.stderr


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


def test_callbacks_cost_no_memory():
    growth, _ = run(GROWTH)
    assert max(growth) < 500  # KiB


def test_callbacks_are_called_as_before():
    told, _ = run("""
guard["_mend_callbacks"]()
times = []
def thrice():
    times.append(0)
    return len(times) < 3
never = GLib.timeout_add(0, tells, "never")
GLib.timeout_add(50, tells, "late", 1)
GLib.idle_add(told.append, "low", priority=GLib.PRIORITY_LOW)
GLib.idle_add(told.append, "high", priority=GLib.PRIORITY_HIGH)
GLib.timeout_add(0, thrice)
removed = GLib.source_remove(never)
loop.run()
print(json.dumps([told, len(times), removed]))
""")
    assert told == [["high", "low", "late", 1], 3, True]


def test_one_that_fails_is_told_and_not_called_again():
    told, complaints = run("""
guard["_mend_callbacks"]()
def fails():
    told.append("failed")
    raise LookupError("it fails")
GLib.idle_add(fails)
GLib.timeout_add(50, tells)
loop.run()
print(json.dumps(told))
""")
    assert told == ["failed"]
    assert complaints.count("LookupError: it fails") == 1
