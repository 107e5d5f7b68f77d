"""``python -m jupyter_desktop.video SOCKET CORES READY``: the companion of one session.

It listens at the Unix socket SOCKET, and uses CORES cores at most, shared with other desktops. To
the file descriptor READY it writes a line of JSON: empty when viewers can connect, else with the
message and remedy of the problem. The display is ``$DISPLAY``, the cookie in ``$XAUTHORITY``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_NICENESS = 5
_EXPECTED = ("h264",)  # the codec that most pages prefer


def main() -> int:
    """Serve viewers until the display is gone; return the exit status."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    socket, cores, ready = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    _lower_priority()
    try:
        import av
    except ImportError as error:
        _report(ready, _missing(error))
        return 1
    # Only errors of encoders: SVT-AV1 and x264 print their settings.
    av.logging.set_level(av.logging.ERROR)
    os.environ.setdefault("SVT_LOG", "1")
    return asyncio.run(_serve(socket, cores, ready))


async def _serve(socket: Path, cores: float, ready: int) -> int:
    import xcffib

    from .budget import Budget
    from .encoders import Encoders
    from .flow import FIRST_RATE
    from .producer import Producer
    from .screen import ScreenUnusable
    from .server import serve

    try:
        budget, encoders = Budget(cores, socket.parent), Encoders()
        producer = Producer(os.environ["DISPLAY"], encoders, budget)
    except (ScreenUnusable, xcffib.ConnectionException) as error:
        _report(ready, {"message": f"The screen cannot be captured: {error}", "remedy": ""})
        return 1
    try:
        async with serve(socket, producer):
            _report(ready, {})
            # Tried now, so that the first viewer does not wait for it.
            encoders.choose(_EXPECTED, FIRST_RATE)
            await producer.lost
    finally:
        producer.close()
    return 0


def _lower_priority() -> None:
    """Run with less priority than the desktop's programs and the user's kernels."""
    os.nice(_NICENESS)
    # With autogroups, niceness counts only among the processes of a session (sched(7)).
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICENESS))


def _missing(error: ImportError) -> Mapping[str, str]:
    if error.name == "av":
        return {
            "message": "PyAV, which encodes video, is not installed for the Python of Jupyter.",
            "remedy": "Install it there, and restart Jupyter:",
            "command": "pip install 'jupyter-desktop[video]'",
        }
    return {
        "message": f"PyAV, which encodes video, cannot be loaded: {error}.",
        "remedy": "Reinstall it in the Python of Jupyter: `pip install --force-reinstall av`.",
    }


def _report(ready: int, problem: Mapping[str, str]) -> None:
    os.write(ready, json.dumps(problem).encode() + b"\n")
    os.close(ready)


if __name__ == "__main__":
    sys.exit(main())
