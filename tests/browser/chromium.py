"""Chromium for tests: $CHROMIUM is its path, /usr/bin/chromium by default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name other than localhost, so that plain http is no secure context.
    "--host-resolver-rules=MAP desktop.test 127.0.0.1",
]


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a browser without a window."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()
