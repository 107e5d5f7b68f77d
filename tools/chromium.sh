#!/bin/sh
# Prints the path of the browser for tests: $CHROMIUM, the system's, or else Playwright's.
set -eu

for browser in ${CHROMIUM:+"$CHROMIUM"} chromium google-chrome; do
    if command -v "$browser"; then
        exit
    fi
done

# Ubuntu's chromium is a snap, which cannot access the tests' folders, nor run in containers.
echo "Installing Chromium with Playwright" >&2
playwright install --with-deps chromium >&2
python -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)'
