"""Chromium, by the Chrome DevTools Protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import until

from .channel import Channel
from .engine import Abilities, Engine
from .screen import Screen, running_program

_FLAGS = [
    # With the sandbox it starts neither as root nor without user namespaces.
    "--no-sandbox",
    # No warning bar about the missing sandbox.
    "--test-type",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--remote-debugging-port=0",
]


class Chromium(Engine):
    """$CHROMIUM is its path, as in ``tests.browser``."""

    abilities = Abilities(locks_keyboard=True, reads_clipboard=True, writes_clipboard=True)

    @classmethod
    def require(cls) -> None:
        assert shutil.which(_path()), f"there is no {_path()}; $CHROMIUM says where it is"

    @classmethod
    @contextmanager
    def running(cls, screen: Screen, home: Path) -> Iterator[Engine]:
        command = [_path(), *_FLAGS, f"--user-data-dir={home}", "about:blank"]
        with running_program(command, screen, home / "output.log"):
            engine = cls(_address_of_page(home / "DevToolsActivePort"))
            yield engine
            engine._channel.close()

    def __init__(self, address: str) -> None:
        super().__init__()
        self._channel = Channel(address, self._on_event)
        for domain in ("Page", "Runtime", "Log"):
            self._channel.call(f"{domain}.enable")

    def open(self, url: str) -> None:
        # As if the user has allowed it.
        self._channel.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
        )
        self._channel.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        answer = self._channel.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def _on_event(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"]))
        if method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(json.dumps(parameters["entry"]))
        if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.problems.append(json.dumps(parameters["args"]))


def _path() -> str:
    return os.environ.get("CHROMIUM", "/usr/bin/chromium")


def _address_of_page(told: Path) -> str:
    """Return the channel's address of its only page; its port is in the file ``told``."""
    until(lambda: told.exists() and "\n" in told.read_text(), "Chromium's port", 60)
    port = told.read_text().split("\n")[0]

    def page() -> str | None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            pages = [one for one in json.load(answer) if one["type"] == "page"]
        return pages[0]["webSocketDebuggerUrl"] if pages else None

    return until(page, "Chromium's window", 60)
