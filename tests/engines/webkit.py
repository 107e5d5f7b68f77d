"""WebKitGTK in its MiniBrowser, by WebKit's inspector protocol.

Its WebDriver does not report console messages. The protocol is that of the remote inspector
(https://docs.webkit.org/, "Remote Inspector GTK and WPE"); its commands and events are described in
Source/JavaScriptCore/inspector/protocol/.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import programs
from tests.servers import free_port, until

from .channel import Channel, result
from .engine import Abilities, Engine
from .screen import Screen, running_program

# Debian's, Fedora's and Arch's; also with GTK 4.
_FOLDERS = [
    "usr/lib/*/webkit*gtk-*/MiniBrowser",
    "usr/libexec/webkit*gtk-*/MiniBrowser",
    "usr/lib/webkit*gtk-*/MiniBrowser",
]


class WebKit(Engine):
    """The engine of Safari and GNOME Web, in its test browser."""

    abilities = Abilities(
        locks_keyboard=False,
        reads_clipboard=False,
        writes_clipboard=False,
        complaints=(
            # This key is for touch screens; other browsers ignore unknown keys.
            r"Viewport argument key .*interactive-widget.* not recognized",
            # It keeps a page in its cache without its connection.
            r"WebSocket is closed due to suspension",
            r"Cannot load blob:",
        ),
    )

    @classmethod
    def require(cls) -> None:
        programs.require("MiniBrowser", _program())

    @classmethod
    @contextmanager
    def running(cls, screen: Screen, home: Path) -> Iterator[Engine]:
        address = f"127.0.0.1:{free_port()}"
        command = [_program(), "--enable-developer-extras=true", "about:blank"]
        with running_program(
            command, screen, home / "output.log", WEBKIT_INSPECTOR_HTTP_SERVER=address
        ):
            engine = cls(_address_of_page(address))
            yield engine
            engine._channel.close()

    def __init__(self, address: str) -> None:
        super().__init__()
        # A page that moves to another process is another target.
        self._target = ""
        self._commands = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._channel = Channel(address, self._on_event)
        while not self._target:
            self._channel.receive()
        self._call("Console.enable")

    def open(self, url: str) -> None:
        self.evaluate(f"location.href = {json.dumps(url)}")

    def evaluate(self, expression: str) -> Any:
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert not answer.get("wasThrown"), answer
        return answer["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the page's answer to a command."""
        self._commands += 1
        number = self._commands
        command = json.dumps({"id": number, "method": method, "params": parameters})
        self._channel.call("Target.sendMessageToTarget", targetId=self._target, message=command)
        while number not in self._answers:
            self._channel.receive()
        return result(self._answers.pop(number), method)

    def _on_event(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Target.targetCreated" and not self._target:
            self._target = parameters["targetInfo"]["targetId"]
        elif method == "Target.didCommitProvisionalTarget":
            self._target = parameters["newTargetId"]
        elif method == "Target.dispatchMessageFromTarget":
            self._on_message(json.loads(parameters["message"]))

    def _on_message(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
        elif message["method"] == "Console.messageAdded":
            entry = message["params"]["message"]
            if entry["level"] == "error":
                self.problems.append(json.dumps(entry))


def _program() -> str:
    """Return the path of MiniBrowser, which is not on PATH; empty if it is not installed."""
    found = [str(path) for folder in _FOLDERS for path in Path("/").glob(folder)]
    return max(found, default="")


def _address_of_page(server: str) -> str:
    """Return the channel's address of its only page, from the list in HTML."""

    def page() -> re.Match[str] | None:
        try:
            with urllib.request.urlopen(f"http://{server}/", timeout=30) as answer:
                return re.search(r"/socket/\d+/\d+/WebPage", answer.read().decode())
        except OSError:
            return None  # it does not listen yet

    return f"ws://{server}{until(page, 'the window of MiniBrowser', 60)[0]}"
