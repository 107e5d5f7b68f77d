#!/bin/sh
# Prints the Python for the virtual environment: $PYTHON, or the first that is new enough.
set -eu

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    if new_enough "$python"; then
        command -v "$python"
        exit
    fi
done
echo "jupyter-desktop needs Python 3.10 or newer; looked for ${PYTHON:-python3} and python3.10 to python3.14." >&2
echo "Install one, and give its path if it is elsewhere: make PYTHON=/path/to/python3" >&2
exit 1
