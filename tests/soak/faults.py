"""Breaks one part after another, at random, and keeps book of who should survive that."""

from __future__ import annotations

import heapq
import itertools
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from tests.integration.viewing import session_processes
from tests.servers import JupyterServer, until

from .visitors import FATES, Visitor, break_off

PAUSE = (0.02, 0.4)  # seconds between faults
STOP = 1.0  # seconds that a process is stopped, on average, and
LONGEST_STOP = 8.0  # at most: longer than Jupyter waits for an answer of a desktop
JUPYTER_STOP = 1.0


@dataclass
class Desktop:
    """A desktop, and whether it should live.

    ``parts`` are what a desktop cannot do without; ``program`` is an X program on it, which has
    no part in its life. ``killed`` names the part that was killed, empty for none.
    """

    name: str
    parts: dict[str, psutil.Process] = field(default_factory=dict)
    program: psutil.Process | None = None
    killed: str = ""

    def start(self, server: JupyterServer) -> None:
        """Start it, and remember of what it is made."""
        server.start_desktop(self.name)
        self.killed = ""
        self.parts = session_processes(server, self.name)
        below = self.parts["worker"].children(recursive=True)
        (self.parts["start script"],) = (one for one in below if one.name() == "openbox")
        # Not what that starts in its turn: between fork and exec it has the same command line.
        started = self.parts["start script"].children()
        (self.program,) = (one for one in started if "motion.py" in " ".join(one.cmdline()))


class Faults:
    """Everything that can go wrong: a method each, which returns what it did, if anything.

    ``log`` tells what did go wrong, and when, in seconds from the start.
    """

    def __init__(
        self,
        server: JupyterServer,
        desktops: Sequence[Desktop],
        visitors: Sequence[Visitor],
        rng: random.Random,
    ) -> None:
        self.count: Counter[str] = Counter()
        self.log: list[str] = []
        self.broken_off: list[socket.socket] = []
        self._server = server
        self._desktops = desktops
        self._visitors = visitors
        self._rng = rng
        self._jupyter = psutil.Process(server.process.pid)
        self._stopped: list[tuple[float, int, psutil.Process]] = []  # a heap: until when
        self._numbers = itertools.count()
        self._began = time.monotonic()
        # How often each comes, compared with the others.
        self._weights: dict[Callable[[], str], int] = {
            self._stop_a_part: 8,
            self._stop_bridge: 3,
            self._stop_jupyter: 2,
            self._kill_bridge: 2,
            self._break_connection: 12,
            self._break_off_request: 2,
            self._end_desktop: 3,
            self._start_again: 3,
        }

    def go_wrong(self, seconds: float) -> None:
        """Let faults happen for ``seconds``; then what was stopped goes on."""
        while time.monotonic() < self._began + seconds:
            (fault,) = self._rng.choices(list(self._weights), list(self._weights.values()))
            detail = fault()
            if detail:
                name = fault.__name__.strip("_").replace("_", " ")
                self.count[name] += 1
                self.log.append(f"{time.monotonic() - self._began:7.2f} {name}: {detail}")
            time.sleep(self._rng.uniform(*PAUSE))
            self._continue(time.monotonic())
        self._continue(float("inf"))

    def _stop_a_part(self) -> str:
        desktop = self._rng.choice(self._living())
        part = self._rng.choice(sorted(desktop.parts))
        return self._stop(f"{part} of {desktop.name}", desktop.parts[part])

    def _stop_bridge(self) -> str:
        return self._stop("bridge", self._bridge())

    def _stop_jupyter(self) -> str:
        return self._stop("Jupyter", self._jupyter, JUPYTER_STOP)

    def _kill_bridge(self) -> str:
        return self._kill("bridge", self._bridge())

    def _break_connection(self) -> str:
        fate = self._rng.choice(FATES)
        self._rng.choice(self._visitors).suffer(fate)
        return fate

    def _break_off_request(self) -> str:
        # Jupyter may be stopped; then the kernel takes it.
        self.broken_off.append(break_off(self._server, self._rng))
        return "of a WebSocket"

    def _living(self) -> list[Desktop]:
        return [desktop for desktop in self._desktops if not desktop.killed]

    def _bridge(self) -> psutil.Process | None:
        return next(iter(self._server.processes("desktop.bridge")), None)

    def _stop(
        self, what: str, process: psutil.Process | None, longest: float = LONGEST_STOP
    ) -> str:
        if process is None:
            return ""
        seconds = min(longest, self._rng.expovariate(1 / STOP))
        process.suspend()
        until = time.monotonic() + seconds
        heapq.heappush(self._stopped, (until, next(self._numbers), process))
        return f"{what} for {seconds:.2f} s"

    def _kill(self, what: str, process: psutil.Process | None) -> str:
        if process is None:
            return ""
        process.kill()
        return what

    def _end_desktop(self) -> str:
        """Kill what a desktop cannot do without, as long as another one is there."""
        if len(self._living()) < 2:
            return ""
        desktop = self._rng.choice(self._living())
        desktop.killed = self._rng.choice(sorted(desktop.parts))
        return self._kill(f"{desktop.killed} of {desktop.name}", desktop.parts[desktop.killed])

    def _start_again(self) -> str:
        """Start a desktop that has ended, as its user would."""
        ended = [desktop for desktop in self._desktops if desktop.killed]
        if not ended:
            return ""
        self._continue(float("inf"))
        desktop = self._rng.choice(ended)
        said = told(self._server, desktop)
        desktop.start(self._server)
        return f"{desktop.name}; it was said: {said}"

    def _continue(self, now: float) -> None:
        """Let go on what has been stopped for long enough."""
        while self._stopped and self._stopped[0][0] <= now:
            _, _, process = heapq.heappop(self._stopped)
            try:
                process.resume()
            except psutil.NoSuchProcess:
                continue  # it was killed


def told(server: JupyterServer, desktop: Desktop) -> str:
    """Return what is said of a desktop that has ended, which is soon, and never nothing."""

    def over() -> dict | None:
        session = server.session(desktop.name)
        return session if session["state"] in ("stopped", "failed") else None

    session = until(over, f"it to be known that {desktop.name} is over", 10)
    if session["state"] == "failed":
        assert session["error"]["message"], session
        assert session["error"]["remedy"], session
        return str(session["error"]["message"])
    assert session["reason"], session
    return str(session["reason"])
