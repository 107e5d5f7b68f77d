"""The page of a desktop in a browser's window, used with the mouse on the screen."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.browser.desktop import LOOK, eventually
from tests.servers import TOKEN, JupyterServer

from .engine import Engine
from .screen import Screen

# The mouse's position in the page, and values that change with the page's place on the screen.
_NOTE_MOUSE = """(() => {
  window.mouse = null;
  const note = ({ clientX, clientY }) => { window.mouse = [clientX, clientY]; };
  addEventListener("mousemove", note, { capture: true });
})()"""
_FRAME = "[innerWidth, innerHeight, screenX, screenY, document.fullscreenElement !== null]"

# The middle of an element; null if it is covered.
_MIDDLE = """((element) => {
  if (!element) return null;
  const { x, y, width, height } = element.getBoundingClientRect();
  const middle = [x + width / 2, y + height / 2];
  return element.contains(document.elementFromPoint(...middle)) ? middle : null;
})(document.querySelector(%s))"""


class Page:
    """One page, in ``engine``'s window on ``screen``; positions are in the page's pixels."""

    def __init__(self, engine: Engine, screen: Screen) -> None:
        self.engine = engine
        self.screen = screen
        self._expected: tuple[str, ...] = ()
        self._corner = (0, 0)
        self._frame: Any = None

    def opens(self, server: JupyterServer, at: str = "") -> None:
        """Open the desktop of a server; ``at`` replaces its origin."""
        address = at or server.address
        self.engine.open(f"{address}{server.base_url}desktop/?token={TOKEN}")
        # Until then the window shows the previous page.
        here = f"location.origin === {json.dumps(address)} && document.readyState"
        eventually(lambda: self.run(here) == "complete", f"the page of {address}", 60)
        self.run(_NOTE_MOUSE)

    def run(self, expression: str) -> Any:
        return self.engine.evaluate(expression)

    def expects(self, *patterns: str) -> None:
        """Ignore problems that the test itself causes."""
        self._expected += patterns

    def problems(self) -> list[str]:
        """Return the page's problems since the last call."""
        # The browser sends pending events before its answer.
        self.run("0")
        found, self.engine.problems = self.engine.problems, []
        expected = (*self.engine.abilities.complaints, *self._expected)
        return [one for one in found if not any(re.search(each, one) for each in expected)]

    # -- what it shows

    @property
    def state(self) -> str:
        state: str = self.run("document.documentElement.dataset.state ?? ''")
        return state

    def becomes(self, state: str) -> None:
        eventually(lambda: self.state == state, f"the page to be {state}", 60)

    def comes_true(self, expression: str) -> None:
        eventually(lambda: self.run(expression), expression, 30)

    def shows_desktop(self, colours: int = 3) -> None:
        """Fail unless a picture with that many colours is shown and not covered."""

        def shown() -> bool:
            seen = self.run(f"({LOOK})()")
            return bool(seen and seen["colours"] >= colours and not seen["covered"])

        eventually(shown, "a desktop to be seen", 60)
        self.becomes("connected")

    def picture(self) -> int:
        """Return a hash of the desktop's picture."""
        return int(self.run(f"({LOOK})().hash"))

    def size(self) -> tuple[int, int]:
        """Width and height of the picture, in the desktop's pixels."""
        seen = self.run(f"({LOOK})()")
        return (seen["width"], seen["height"]) if seen else (0, 0)

    def room(self) -> tuple[int, int]:
        """Width and height of the page."""
        width, height = self.run("[innerWidth, innerHeight]")
        return width, height

    # -- what the user does

    def clicks(self, at: tuple[float, float], button: int = 1) -> None:
        self.screen.clicks(self._on_screen(at), button)

    def drags(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.screen.drags(self._on_screen(start), self._on_screen(end))

    def clicks_on(self, selector: str) -> None:
        """Click on an element once it is at rest and not covered."""
        last: Any = None

        def at_rest() -> Any:
            nonlocal last
            before, last = last, self.run(_MIDDLE % json.dumps(selector))
            return last == before and last

        self.clicks(eventually(at_rest, f"{selector} to be clicked on", 60))

    def copies_elsewhere(self, text: str) -> None:
        """Copy a text in another window, and come back."""
        with self.screen.another_window():
            self.comes_true("!document.hasFocus()")
            self.screen.copy(text)
        self.comes_true("document.hasFocus()")

    def tool(self, name: str) -> None:
        """Open the toolbar and click on a tool of it."""
        self.screen.points(self._on_screen((self.room()[0] / 2, 2)))
        self.clicks_on(f"#tool-{name}")

    def _on_screen(self, at: tuple[float, float]) -> tuple[int, int]:
        """Return where on the screen a point of the page is."""
        frame = self.run(_FRAME)
        if frame != self._frame:
            self._corner = eventually(self._find_corner, "the page under the mouse", 60)
            self._frame = frame
        return round(self._corner[0] + at[0]), round(self._corner[1] + at[1])

    def _find_corner(self) -> tuple[int, int] | None:
        """Return the page's corner on the screen; None if mouse events came too late."""
        x, y = self.screen.middle()
        one, other = (self._corner_by((x + by, y + by)) for by in (0, 9))
        return one if one == other else None

    def _corner_by(self, point: tuple[int, int]) -> tuple[int, int] | None:
        self.run("window.mouse = null")
        self.screen.points(point)
        seen = eventually(lambda: self.run("window.mouse"), "the mouse in the page")
        return point[0] - seen[0], point[1] - seen[1]
