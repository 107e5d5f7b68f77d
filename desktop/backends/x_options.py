"""Options that not every X server accepts; with an unknown option it does not start."""

from __future__ import annotations

import re

from .asking import ask

# 256 by default; a window takes one or two (Xserver(1)). Older X servers allow 512 at most, and
# exit at any other number.
MANY_CLIENTS = ("-maxclients", "2048")


def takes_many_clients(executable: str) -> bool:
    """Whether an X server accepts ``MANY_CLIENTS``: it parses its options up to ``-help``."""
    try:
        answer = ask(executable, *MANY_CLIENTS, "-help")
    except OSError:
        return False
    option, _ = MANY_CLIENTS
    # In the list of options; an X server that does not know it prints an error before the list.
    return answer.status == 0 and re.search(f"^{option} ", answer.text, re.MULTILINE) is not None
