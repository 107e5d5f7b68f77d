"""``python -m desktop.bridge FOLDER``; standard input is one end of a SOCK_SEQPACKET socket pair.

FOLDER belongs to the server, and is removed here, because nothing of ours may be left behind even
if the server was killed.
"""

from __future__ import annotations

import logging
import shutil
import socket
import sys

from .bridge import Bridge


def main() -> None:
    """Carry connections until the other end closes."""
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    with socket.socket(fileno=0) as control:
        Bridge(control).serve()
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
