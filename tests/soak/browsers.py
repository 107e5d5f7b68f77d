"""Browsers that show a desktop for a long time, and the memory of all their processes.

Chromium is controlled with Playwright, Firefox with WebDriver BiDi
(https://w3c.github.io/webdriver-bidi/), since Playwright needs its own build of Firefox.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import psutil
import pytest

from tests import clients
from tests.browser.chromium import running_browser
from tests.servers import facts, until

# The page's state.
_STATE = "document.documentElement.dataset.state ?? ''"


class Window(Protocol):
    """One window of a browser."""

    def open(self, address: str) -> None:
        """Load a page."""

    def resize(self, width: int, height: int) -> None:
        """Give the page another size."""

    def state(self) -> str:
        """Return the page's state."""

    def memory(self) -> float:
        """Return the memory of all processes of this browser for data, in MiB."""


# Private data, and its share of shared memory (proc_pid_smaps(5)). Pages of the program's files are
# not counted: their share depends on other processes of the program.
_DATA = re.compile(r"^Pss_(?:Anon|Shmem): *(\d+) kB", re.MULTILINE)


def _memory(process: psutil.Process) -> float:
    """Return the memory of a process and its descendants for data, in MiB."""
    kilobytes = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            rollup = Path(f"/proc/{one.pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it ended meanwhile
        kilobytes += sum(map(int, _DATA.findall(rollup)))
    return kilobytes / 1024


class _Chromium:
    def __init__(self, browser: Any) -> None:
        self._page = browser.new_page()
        processes = psutil.Process().children(recursive=True)
        told = facts(processes, lambda one: (one.name(), " ".join(one.cmdline())))
        # The main process has no "--type" and, unlike Playwright's, Chromium's name.
        (self._process,) = (
            one
            for one, (name, line) in told.items()
            if "chrom" in name and "crashpad" not in name and "--type=" not in line
        )

    def open(self, address: str) -> None:
        self._page.goto(address)

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def state(self) -> str:
        return str(self._page.evaluate(_STATE))

    def memory(self) -> float:
        return _memory(self._process)


class _Firefox:
    def __init__(self, process: psutil.Process, address: str) -> None:
        self._process = process
        self._wire = clients.connect(f"{address}/session")
        # It may be slow on a busy machine.
        self._wire.socket.settimeout(120)
        self._number = 0
        self._ask("session.new", {"capabilities": {}})
        (window,) = self._ask("browsingContext.getTree", {})["contexts"]
        self._window = window["context"]

    def open(self, address: str) -> None:
        where = {"context": self._window, "url": address, "wait": "complete"}
        self._ask("browsingContext.navigate", where)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", {"context": self._window, "viewport": size})

    def state(self) -> str:
        target = {"context": self._window}
        asked = {"expression": _STATE, "target": target, "awaitPromise": False}
        return str(self._ask("script.evaluate", asked)["result"]["value"])

    def memory(self) -> float:
        return _memory(self._process)

    def close(self) -> None:
        self._wire.socket.close()

    def _ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """Send a command and return its result; events are ignored."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._wire.send(json.dumps(command).encode(), clients.TEXT)
        while True:
            answer = json.loads(self._wire.frame().payload)
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return answer["result"]


@contextmanager
def chromium() -> Iterator[Window]:
    """Run Chromium."""
    with running_browser() as browser:
        yield _Chromium(browser)


@contextmanager
def firefox() -> Iterator[Window]:
    """Run Firefox, with a new profile and home."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        pytest.skip("Firefox is not installed")
    with TemporaryDirectory(prefix="firefox-", dir="/tmp") as home:
        log = Path(home) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [executable, "--headless", "--profile", home, "--remote-debugging-port", "0"],
                env={**os.environ, "HOME": home},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:

            def listens() -> str:
                assert process.poll() is None, log.read_text(errors="replace")
                said = re.search(r"BiDi listening on ws(://\S+)", log.read_text(errors="replace"))
                return f"http{said[1]}" if said else ""

            address = until(listens, "a Firefox that listens", 60)
            window = _Firefox(psutil.Process(process.pid), address)
            yield window
            window.close()
        finally:
            processes = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(30)
            psutil.wait_procs(processes, 30)


BROWSERS = {"Chromium": chromium, "Firefox": firefox}
