"""Options that not every X server has: it is asked before, since it would not start with them."""

from __future__ import annotations

import re

from .asking import ask

# 256 by default, of which a window takes one or two (Xserver(1)). Older ones allow no more than
# 512, and end at any other number.
MANY_CLIENTS = ("-maxclients", "2048")


def takes_many_clients(executable: str) -> bool:
    """Whether an X server takes ``MANY_CLIENTS``: it reads its options up to ``-help``."""
    try:
        answer = ask(executable, *MANY_CLIENTS, "-help")
    except OSError:
        return False
    option, _ = MANY_CLIENTS
    # Among all options; one that does not know it says so before.
    return answer.status == 0 and re.search(f"^{option} ", answer.text, re.MULTILINE) is not None
