"""The distribution's Firefox, by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import firefox
from tests.servers import until

from .channel import Channel
from .engine import REPORT_VIOLATIONS, Abilities, Engine
from .screen import Screen, running_program


class Firefox(Engine):
    abilities = Abilities(locks_keyboard=False, reads_clipboard=False, writes_clipboard=False)

    @classmethod
    def require(cls) -> None:
        firefox.require()

    @classmethod
    @contextmanager
    def running(cls, screen: Screen, home: Path) -> Iterator[Engine]:
        command = [*firefox.command(home, width=1100, height=800), "--remote-debugging-port=0"]
        log = home / "output.log"
        with running_program([*command, "about:blank"], screen, log):
            engine = cls(f"{_address(log)}/session")
            yield engine
            engine._channel.close()

    def __init__(self, address: str) -> None:
        super().__init__()
        self._channel = Channel(address, self._on_event)
        self._channel.call("session.new", capabilities={})
        self._channel.call("session.subscribe", events=["log.entryAdded"])
        self._channel.call(
            "script.addPreloadScript", functionDeclaration=f"() => {{ {REPORT_VIOLATIONS} }}"
        )
        (tree,) = self._channel.call("browsingContext.getTree")["contexts"]
        self._context: str = tree["context"]

    def open(self, url: str) -> None:
        self._channel.call("browsingContext.navigate", context=self._context, url=url)

    def evaluate(self, expression: str) -> Any:
        answer = self._channel.call(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self._context},
            awaitPromise=False,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def _on_event(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "log.entryAdded" and parameters["level"] == "error":
            self.problems.append(json.dumps(parameters))


def _address(log: Path) -> str:
    """Return the address that it prints once it listens."""

    def told() -> re.Match[str] | None:
        return re.search(r"BiDi listening on (ws://\S+)\n", log.read_text())

    return until(told, "Firefox, ready for remote control", 60)[1]
