"""Random faults, and the desktops that should survive them."""

from __future__ import annotations

import heapq
import itertools
import random
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.browser.link import Link
from tests.integration.viewing import session_processes, xpra_of
from tests.servers import JupyterServer, facts, named, until

from .visitors import FATES, Visitor, break_off

PAUSE = (0.02, 0.4)  # seconds between faults
STOP = 1.0  # seconds that a process is stopped, on average, and
LONGEST_STOP = 8.0  # at most: longer than Jupyter's timeout for a desktop's answer
JUPYTER_STOP = 1.0
DELAYS = (0.0, 0.01, 0.1, 0.5)  # seconds of delay on the line

# An Xpra may end twice in two minutes (docs/xpra.md); a suspended worker notices later.
XPRA_ENDS = 2
XPRA_WITHIN = 120 + 2 * LONGEST_STOP


@dataclass
class Desktop:
    """A desktop of that ``backend``, and whether it should survive.

    ``parts`` are the processes that a desktop needs; ``program`` is an X program on it, which it
    does not need. ``killed`` names the killed part, empty for none; ``xpra_killed`` has the times
    at which its Xpra was killed, which is started again.
    """

    name: str
    backend: str
    parts: dict[str, psutil.Process] = field(default_factory=dict)
    program: psutil.Process | None = None
    killed: str = ""
    xpra_killed: deque[float] = field(default_factory=lambda: deque(maxlen=XPRA_ENDS))

    @property
    def has_lives(self) -> bool:
        """Whether it survives if its Xpra is killed."""
        ends = self.xpra_killed
        return len(ends) < XPRA_ENDS or time.monotonic() - ends[0] > XPRA_WITHIN

    def start(self, server: JupyterServer) -> None:
        """Start it, and remember its processes."""
        server.start_desktop(self.name, backend=self.backend)
        self.killed = ""
        self.xpra_killed.clear()
        self.parts = session_processes(server, self.name)
        below = self.parts["worker"].children(recursive=True)
        (self.parts["start script"],) = named(below, "openbox")
        # Only direct children: between fork and exec its own children have the same command line.
        started = facts(self.parts["start script"].children(), psutil.Process.cmdline)
        (self.program,) = (one for one in started if "motion.py" in " ".join(started[one]))


class Faults:
    """All faults: a method for each, which returns a description, empty if it did nothing.

    ``log`` has the faults with their times, in seconds from the start.
    """

    def __init__(
        self,
        server: JupyterServer,
        desktops: Sequence[Desktop],
        visitors: Sequence[Visitor],
        line: Link,
        rng: random.Random,
    ) -> None:
        self.count: Counter[str] = Counter()
        self.log: list[str] = []
        self.broken_off: list[socket.socket] = []
        self._server = server
        self._desktops = desktops
        self._visitors = visitors
        self._line = line
        self._rng = rng
        self._jupyter = psutil.Process(server.process.pid)
        self._stopped: list[tuple[float, int, psutil.Process]] = []  # a heap by end times
        self._numbers = itertools.count()
        self._began = time.monotonic()
        # The relative frequency of each.
        self._weights: dict[Callable[[], str], int] = {
            self._stop_a_part: 8,
            self._stop_bridge: 3,
            self._stop_jupyter: 2,
            self._stop_xpra: 3,
            self._kill_xpra: 2,
            self._kill_bridge: 2,
            self._break_connection: 12,
            self._delay_the_line: 3,
            self._cut_the_line: 2,
            self._break_off_request: 2,
            self._end_desktop: 3,
            self._start_again: 3,
        }

    def go_wrong(self, seconds: float) -> None:
        """Cause faults for ``seconds``; then resume suspended processes and repair the line."""
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
        self._line.repair()

    def _stop_a_part(self) -> str:
        desktop = self._rng.choice(self._living())
        part = self._rng.choice(sorted(desktop.parts))
        return self._stop(f"{part} of {desktop.name}", desktop.parts[part])

    def _stop_bridge(self) -> str:
        return self._stop("bridge", self._bridge())

    def _stop_jupyter(self) -> str:
        return self._stop("Jupyter", self._jupyter, JUPYTER_STOP)

    def _stop_xpra(self) -> str:
        desktop = self._any_with_xpra()
        if desktop is None:
            return ""
        return self._stop(f"Xpra of {desktop.name}", xpra_of(self._server, desktop.name))

    def _kill_xpra(self) -> str:
        """Kill an Xpra, running or just starting, if it will be started again."""
        desktop = self._any_with_xpra()
        if desktop is None or not desktop.has_lives:
            return ""
        xpra = xpra_of(self._server, desktop.name)
        if xpra:
            desktop.xpra_killed.append(time.monotonic())
        return self._kill(f"Xpra of {desktop.name}", xpra)

    def _kill_bridge(self) -> str:
        return self._kill("bridge", self._bridge())

    def _break_connection(self) -> str:
        fate = self._rng.choice(FATES)
        self._rng.choice(self._visitors).suffer(fate)
        return fate

    def _delay_the_line(self) -> str:
        seconds = self._rng.choice(DELAYS)
        self._line.delay(seconds)
        return f"by {seconds:g} s"

    def _cut_the_line(self) -> str:
        reset = self._rng.random() < 0.5
        self._line.cut(reset=reset)
        return "with RST" if reset else "with FIN"

    def _break_off_request(self) -> str:
        # If Jupyter is suspended, the kernel accepts the connection.
        self.broken_off.append(break_off(self._server, self._rng))
        return "of a WebSocket"

    def _living(self) -> list[Desktop]:
        return [desktop for desktop in self._desktops if not desktop.killed]

    def _any_with_xpra(self) -> Desktop | None:
        found = [one for one in self._living() if one.backend == "xpra"]
        return self._rng.choice(found) if found else None

    def _bridge(self) -> psutil.Process | None:
        return next(iter(self._server.processes("jupyter_desktop.bridge")), None)

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
        """Kill a part that a desktop needs, if another desktop is left."""
        if len(self._living()) < 2:
            return ""
        desktop = self._rng.choice(self._living())
        desktop.killed = self._rng.choice(sorted(desktop.parts))
        return self._kill(f"{desktop.killed} of {desktop.name}", desktop.parts[desktop.killed])

    def _start_again(self) -> str:
        """Start a desktop again that has ended."""
        ended = [desktop for desktop in self._desktops if desktop.killed]
        if not ended:
            return ""
        self._continue(float("inf"))
        desktop = self._rng.choice(ended)
        said = told(self._server, desktop)
        desktop.start(self._server)
        return f"{desktop.name}; it was said: {said}"

    def _continue(self, now: float) -> None:
        """Resume processes that were suspended for long enough."""
        while self._stopped and self._stopped[0][0] <= now:
            _, _, process = heapq.heappop(self._stopped)
            try:
                process.resume()
            except psutil.NoSuchProcess:
                continue  # it was killed


def told(server: JupyterServer, desktop: Desktop) -> str:
    """Return the reason of a desktop's end, which is known soon and never empty."""

    def over() -> dict[str, Any] | None:
        session = server.session(desktop.name)
        return session if session["state"] in ("stopped", "failed") else None

    session = until(over, f"it to be known that {desktop.name} is over", 10)
    if session["state"] == "failed":
        assert session["error"]["message"], session
        assert session["error"]["remedy"], session
        return str(session["error"]["message"])
    assert session["reason"], session
    return str(session["reason"])
