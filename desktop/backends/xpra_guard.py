"""Runs Xpra's server with two things changed, in the Python that Xpra has.

    python -I xpra_guard.py /usr/bin/xpra start-desktop …

There are no control commands. Any viewer may send some, in its greeting or later, and with one of
them switch on a clipboard that the settings forbid (Xpra 3.1 to 5; 6 has ``--control=no``).

Viewers wait until Xpra knows its encodings. One that comes a moment too soon would get nothing but
raw pixels for as long as it stays (seen of 3.1.3).
"""

from __future__ import annotations

import sys
from typing import Any


def main() -> Any:
    """Change it, and run Xpra as its own script does."""
    sys.argv = sys.argv[1:]
    from xpra.platform import init, set_default_name

    set_default_name("Xpra")
    init()
    from xpra.scripts.main import main as xpra
    from xpra.server.server_core import ServerCore

    def refuse(self: Any, protocol: Any, *request: Any) -> None:
        self.disconnect_client(protocol, "permission error", "control commands are off")

    def ignore(self: Any, *command: Any) -> tuple[int, str]:
        return 1, "control commands are off"

    # One that has another name in some version must not be left as it is without a word.
    assert ServerCore.handle_command_request
    assert ServerCore.process_control_command
    welcome = ServerCore.hello_oked

    def welcome_in_time(self: Any, *greeting: Any) -> Any:
        self.wait_for_threaded_init()
        return welcome(self, *greeting)

    ServerCore.handle_command_request = refuse
    ServerCore.process_control_command = ignore
    ServerCore.hello_oked = welcome_in_time
    return xpra(sys.argv[0], sys.argv)


if __name__ == "__main__":
    sys.exit(main())
