"""Runs Xpra's server without its control commands, in the Python that Xpra has.

    python -I xpra_guard.py /usr/bin/xpra start-desktop …

Any viewer may send such commands in its greeting, and with one of them switch on a clipboard that
the settings forbid (``ServerCore.handle_command_request``, Xpra 3.1 to 5; 6 has ``--control=no``).
"""

from __future__ import annotations

import sys
from typing import Any


def main() -> Any:
    """Take the commands away, and run Xpra as its own script does."""
    sys.argv = sys.argv[1:]
    from xpra.platform import init, set_default_name

    set_default_name("Xpra")
    init()
    from xpra.scripts.main import main as xpra
    from xpra.server.server_core import ServerCore

    def refuse(self: Any, protocol: Any, *request: Any) -> None:
        self.disconnect_client(protocol, "permission error", "control commands are off")

    ServerCore.handle_command_request = refuse
    return xpra(sys.argv[0], sys.argv)


if __name__ == "__main__":
    sys.exit(main())
