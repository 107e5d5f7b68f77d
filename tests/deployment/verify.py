"""Opens the desktop of a running image in Chromium, uses it, and prints the results.

Started by the `verify` of a flavour, with its backend. It knows only the image's address.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.chromium import running_browser
from tests.browser.desktop import Desktop, eventually
from tests.browser.visitor import CLIPBOARD, Visitor

# Xfce's background picture has more colours.
COLOURS = 500

_READ = """async ([path, xsrf]) => {
  const answer = await fetch(path, { headers: { "X-XSRFToken": xsrf } });
  return answer.ok ? (await answer.json()).content : "";
}"""
_XSRF = "() => JSON.parse(document.getElementById('page-data').text).xsrf"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backend", choices=["vnc", "xpra"])
    parser.add_argument("address", help="the desktop's address, with the token if it takes one")
    parser.add_argument("--user", help="who logs in at a hub; the password is in $VERIFY_PASSWORD")
    parser.add_argument("--screenshot", type=Path, help="where to keep a picture of the desktop")
    asked = parser.parse_args()
    with running_browser() as browser:
        visitor = Visitor(browser, CLIPBOARD, ignore_https_errors=True)
        page = visitor.context.new_page()
        started = time.monotonic()
        page.goto(asked.address)
        if asked.user:
            _log_in(page, asked.user)
        desktop = Desktop(page)
        eventually(lambda: desktop.state in ("connected", "failed"), "a desktop, or an error", 90)
        if desktop.state == "failed":
            sys.exit(desktop.card.inner_text())
        desktop.shows_desktop(COLOURS)
        print(f"A desktop after {time.monotonic() - started:.1f} s at {_without_token(page.url)}")
        expect(desktop.root).to_have_attribute("data-backend", asked.backend)
        seen = desktop.look()
        assert seen
        print(f"{asked.backend}: {seen['width']}x{seen['height']}, {seen['colours']} colours")
        print(f"Typed in a terminal, and read in Jupyter's files: {_works(desktop)!r}")
        if asked.screenshot:
            page.screenshot(path=asked.screenshot, animations="disabled")
        problems = visitor.unexpected()
    sys.exit("\n".join(problems) or None)


def _log_in(page: Page, user: str) -> None:
    page.get_by_label("Username:").fill(user)
    page.get_by_label("Password:").fill(os.environ["VERIFY_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()


def _without_token(url: str) -> str:
    return url.partition("?")[0]


def _works(desktop: Desktop) -> str:
    """Write a file in a terminal; return its contents from Jupyter's API."""
    name, text = f"verify-{uuid.uuid4().hex[:8]}.txt", "Hello, desktop!"
    desktop.is_still()
    before = desktop.look()
    desktop.presses("Control+Alt+t")
    eventually(lambda: desktop.look() != before, "a terminal", 20)
    desktop.is_still()
    desktop.types(f"echo '{text}' >{name}\n")
    base = desktop.page.url.partition("desktop/")[0]
    xsrf = desktop.run(_XSRF)

    def read() -> str:
        content: str = desktop.run(_READ, [f"{base}api/contents/{name}", xsrf])
        return content

    written = eventually(read, f"the file {name}", 20)
    assert written == f"{text}\n", json.dumps(written)
    desktop.types(f"rm {name}\n")
    eventually(lambda: not read(), f"no {name} any more")
    return text


if __name__ == "__main__":
    main()
