"""The page as a user sees it, independent of the display server."""

from __future__ import annotations

import base64
import re
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Frame, Locator, Page, expect

from tests.servers import until

SCREENS = Path(__file__).parents[2] / "test-results" / "screens"

# The reduced picture as {colours, hash}, with the video over it, without other elements in front of
# it; whether its middle is covered.
LOOK = """() => {
  const canvas = document.querySelector("#screen canvas");
  if (!canvas || !canvas.width) return null;
  const small = new OffscreenCanvas(320, 200);
  const context = small.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0, 320, 200);
  const video = document.querySelector(".video:not([hidden]) > *");
  if (video) {
    const [below, above] = [canvas, video].map((one) => one.getBoundingClientRect());
    const [across, up] = [320 / below.width, 200 / below.height];
    const place = [(above.left - below.left) * across, (above.top - below.top) * up];
    context.drawImage(video, ...place, above.width * across, above.height * up);
  }
  const pixels = new Uint32Array(context.getImageData(0, 0, 320, 200).data.buffer);
  let hash = 0;
  for (const pixel of pixels) hash = (hash * 31 + pixel) | 0;
  const covered = document.elementFromPoint(innerWidth / 2, innerHeight / 2) !== canvas;
  const { width, height } = canvas;
  return { colours: new Set(pixels).size, hash, covered, width, height };
}"""

# Mean brightness (0 to 255) and number of colours of `pixels`, an ImageData.
_MEASURE = """({ data }) => {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2];
  const colours = new Set(new Uint32Array(data.buffer)).size;
  return { brightness: sum / (data.length / 4 * 3), colours };
}"""

_OF_PNG = f"""async (png) => {{
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {{ type: "image/png" }}));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return ({_MEASURE})(context.getImageData(0, 0, image.width, image.height));
}}"""

_SHIFTED = string.ascii_uppercase + '~!@#$%^&*()_+{}|:"<>?'

_OF_CANVAS = f"""(canvas) => {{
  const context = canvas.getContext("2d");
  return ({_MEASURE})(context.getImageData(0, 0, canvas.width, canvas.height));
}}"""


class Desktop:
    """The page of one desktop: a tab of the browser, or a frame in one."""

    def __init__(self, page: Page, frame: Frame | None = None) -> None:
        self.page = page
        self.here = frame or page
        self.root = self.here.locator("html")
        self.card = self.here.locator("#card")
        self.notice = self.here.locator("#notice")
        self.panel = self.here.get_by_role("dialog", name="Clipboard")
        self.tools = self.here.get_by_role("toolbar")

    # -- what it shows

    @property
    def state(self) -> str:
        return self.root.get_attribute("data-state") or ""

    def becomes(self, state: str, seconds: float = 20) -> None:
        expect(self.root).to_have_attribute("data-state", state, timeout=seconds * 1000)

    def look(self) -> dict[str, Any] | None:
        """Return properties of the desktop's picture; None if there is none."""
        seen: dict[str, Any] | None = self.here.evaluate(LOOK)
        return seen

    def shows_desktop(self, colours: int = 3, seconds: float = 30) -> None:
        """Fail unless a picture with that many colours is shown and not covered."""

        def shown() -> bool:
            seen = self.look()
            return bool(seen and seen["colours"] >= colours and not seen["covered"])

        until(shown, f"a desktop to be seen; the page is {self.state!r}", seconds)

    def is_live(self, seconds: float = 10) -> float:
        """Fail unless the picture changes; return how long that took."""
        start = time.monotonic()
        first = self.look()

        def changed() -> bool:
            nonlocal first
            now = self.look()
            if not first or not now:
                first = now
                return False
            return not now["covered"] and now["hash"] != first["hash"] and self.state == "connected"

        until(changed, f"a picture that changes; the page is {self.state!r}", seconds)
        return time.monotonic() - start

    def is_still(self, seconds: float = 1) -> None:
        """Wait until the picture has not changed for that time."""
        last, since = self.look(), time.monotonic()

        def still() -> bool:
            nonlocal last, since
            if (now := self.look()) != last:
                last, since = now, time.monotonic()
            return time.monotonic() - since > seconds

        eventually(still, "a picture that is at rest", 30)

    def has_focus(self) -> None:
        """Fail unless keys go to the desktop."""
        expect(self.here.get_by_role("application")).to_be_focused()

    def size(self) -> tuple[int, int]:
        """Width and height of the picture, in the desktop's pixels."""
        seen = self.look()
        return (seen["width"], seen["height"]) if seen else (0, 0)

    def measure(self) -> dict[str, float]:
        """Return brightness and number of colours of the whole page."""
        png = base64.b64encode(self.page.screenshot()).decode()
        seen: dict[str, float] = self.page.evaluate(_OF_PNG, png)
        return seen

    def colours(self, area: FloatRect) -> int:
        """Return the number of colours of a part of the page."""
        png = base64.b64encode(self.page.screenshot(clip=area)).decode()
        return int(self.page.evaluate(_OF_PNG, png)["colours"])

    def kept_picture(self) -> dict[str, float]:
        """Return the same of the kept picture during a reconnect, undimmed."""
        kept: dict[str, float] = self.here.locator("#picture").evaluate(_OF_CANVAS)
        return kept

    def screenshot(self, name: str) -> None:
        """Keep a picture of the page for the documentation."""
        self.page.screenshot(path=SCREENS / f"{name}.png", animations="disabled")

    # -- what the user does

    def clicks(self, at: tuple[float, float]) -> None:
        self.page.mouse.click(*at)

    def types(self, text: str) -> None:
        """Type ASCII on the desktop; this keyboard lacks other letters."""
        for letter in text:
            # Playwright alone sends the letter without Shift, unlike a keyboard.
            if letter in _SHIFTED:
                self.page.keyboard.down("Shift")
            self.page.keyboard.type(letter)
            if letter in _SHIFTED:
                self.page.keyboard.up("Shift")

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tool(self, name: str) -> Locator:
        """Open the toolbar with the mouse and return one of its tools."""
        handle = self.here.locator("#handle")
        if handle.is_visible():
            handle.click()
        return self.tools.get_by_text(re.compile(f"^{name}$"))

    def confirms(self, action: str) -> None:
        self.here.get_by_role("dialog").get_by_role("button", name=action).click()

    def opens_panel(self) -> Locator:
        self.tool("Clipboard").click()
        expect(self.panel).to_be_visible()
        return self.panel

    # -- the browser around it

    def read_clipboard(self) -> str:
        text: str = self.here.evaluate("() => navigator.clipboard.readText()")
        return text

    def run(self, script: str, argument: Any = None) -> Any:
        return self.here.evaluate(script, argument)


def eventually(condition: Callable[..., Any], what: str, seconds: float = 10) -> Any:
    """``until`` for conditions that query the browser, less often."""

    def spaced() -> Any:
        value = condition()
        if not value:
            time.sleep(0.04)
        return value

    return until(spaced, what, seconds)
