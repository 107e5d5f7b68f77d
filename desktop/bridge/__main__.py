"""``python -m jupyter_desktop.bridge``; standard input is one end of a SOCK_SEQPACKET socket pair.

The server's folder is removed here, so that it is removed even if the server was killed.
"""

from __future__ import annotations

import logging
import shutil
import socket

from .bridge import Bridge


def main() -> None:
    """Carry connections until the other end closes."""
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    with socket.socket(fileno=0) as control:
        bridge = Bridge(control)
        bridge.serve()
    if bridge.folder:
        shutil.rmtree(bridge.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
