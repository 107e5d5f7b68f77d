"""Motion as pages show it, and its cost: ours with and without video, and other products."""

from __future__ import annotations

import itertools
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy
import psutil
from others import cpu_time, others
from playwright.sync_api import Browser, Error
from products import Product
from report import VideoRow
from samples import percentile
from shown import SIZE, Box, Film, Samples, Shown

_WHOLE: Box = (0, 0, *SIZE)
_WINDOW: Box = (784, 320, 1072, 640)
_MIDDLE: Box = (480, 300, 960, 600)
"""The part that is compared with the X server's screen."""

_LOADS = 8.0  # seconds at most until a desktop is idle; some never are
_WARM_UP = 4.0  # seconds of motion before it counts: bit rates adapt
_SECONDS = 6.0
_AFTER = 4.0  # seconds after motion
_AT_REST = 3.0  # seconds between motion and clicks at rest
_PICTURES = 4
_CLICKS = 20
_QUICK = 3.0  # times shorter
_ENTERS_WITHIN = 1500.0  # ms
_FLICKER = 1.0  # of 255: so much further from the last picture than before
_FLAT = (60, 120, 120, 24)  # width, period, height of flat colours in film.py, and their middle

_Values = dict[str, dict[str, list[float]]]

_X_SERVERS = ("Xtigervnc", "Xvnc", "Xvfb")
_PARTS = ("all", "encoder", "X server", "Jupyter and bridge")


@dataclass(frozen=True)
class Goal:
    """The unit and the goal of a row; the same for all products."""

    unit: str
    goal: str = ""


class Motion:
    """Measures sides in turn, and collects values by row and side."""

    def __init__(self, browser: Browser, quick: bool) -> None:
        self._browser = browser
        self._shorter = _QUICK if quick else 1.0
        self._taken: _Values = defaultdict(lambda: defaultdict(list))
        self._units: dict[str, Goal] = {}

    def take(
        self, side: str, product: Product, films: Mapping[str, Callable[[Scene], None]]
    ) -> None:
        """Measure a side with each film; a failure is reported, and leaves its rows empty."""
        view = Shown(self._browser, product)
        try:
            view.open()
            product.settle(_LOADS)
            for name, measure in films.items():
                print(f"  {side}: {name} …", file=sys.stderr, flush=True)
                before, began = others(), time.monotonic()
                self._measure(side, product, view, measure)
                share = (others() - before) / (time.monotonic() - began)
                self.note(side, "CPU of other programs meanwhile, in cores", share, Goal(""))
        except (RuntimeError, Error) as error:
            print(f"  {side}: not run: {error}", file=sys.stderr, flush=True)
        finally:
            view.close()

    def _measure(
        self, side: str, product: Product, view: Shown, measure: Callable[[Scene], None]
    ) -> None:
        try:
            with tempfile.TemporaryDirectory() as folder:
                measure(Scene(self, side, product, view, Path(folder), self._shorter))
        except (RuntimeError, Error, subprocess.SubprocessError) as error:
            print(f"  {side}: ended early: {error}", file=sys.stderr, flush=True)

    def note(self, side: str, what: str, value: float, goal: Goal) -> None:
        """Note a measured value."""
        self._units[what] = goal
        self._taken[what][side].append(value)

    def rows(self, prefix: str = "") -> Iterator[VideoRow]:
        """Return rows of the medians of all noted values."""
        for what, sides in self._taken.items():
            values = {side: _median(all_) for side, all_ in sides.items()}
            goal = self._units[what]
            yield VideoRow(prefix + what, values, goal.unit, goal.goal)


@dataclass(frozen=True)
class Scene:
    """A product's page, measured with one film; ``folder`` is for pictures."""

    _motion: Motion
    _side: str
    _product: Product
    _view: Shown
    _folder: Path
    _shorter: float

    @property
    def _file(self) -> Path:
        return self._folder / "screen"

    def whole(self, kind: str) -> None:
        """Motion of the whole screen: its begin, pictures, quality, cost, and end."""
        with self._view.film(kind, _WHOLE, 60) as film:
            self._begins(film, kind)
            self._plays(film, f"{kind}, whole screen")
            self._looks(film, kind)
            if kind == "photo":
                self._clicks(film, "Click → pixels while the whole screen moves")
            self._ends(film, kind)

    def window(self) -> None:
        """A moving window beside still text, and clicks beside it."""
        with self._view.film("photo", _WINDOW, 30) as film:
            film.run()
            self._plays(film, "window of 1072x640 at 30/s")
            self._clicks(film, "Click → pixels beside the moving window")
            film.stop()

    def rest(self) -> None:
        """Clicks while nothing moves."""
        with self._view.film("photo", _WHOLE, 60) as film:
            time.sleep(_AT_REST)
            self._clicks(film, "Click → pixels at rest")

    def colours(self) -> None:
        """Flat colours between moving columns."""
        with self._view.film("colours", _WHOLE, 60) as film:
            film.run()
            time.sleep(_WARM_UP / self._shorter)
            number, picture = self._view.picture(film, _WHOLE)
            film.stop()
            expected = film.expected(number or 0, self._file)
            means = [_means(one) for one in (picture, expected)]
            difference = numpy.abs(means[0] - means[1])
            what = "Flat colours between moving columns, difference of 255"
            self._note(f"{what}, mean", float(difference.mean()), Goal("", "≤ 2"))
            self._note(f"{what}, largest", float(difference.max()), Goal(""))
            time.sleep(_AFTER)

    def _begins(self, film: Film, kind: str) -> None:
        self._view.watch(film)
        begins = film.run()
        time.sleep(_WARM_UP / self._shorter)
        samples = self._view.samples()
        over = [at for at, _, under in samples.all if not under]
        if kind == "photo" and any(under for _, _, under in samples.all) and over:
            self._note("Motion begins → video", over[0] - begins, Goal("ms", "≤ 700"))
            first = [one for one in samples.all if begins < one[0] < over[0] + 500]
            gap = Samples(first, 0).longest_gap
            self._note("— longest time without a new picture until 0.5 s later", gap, Goal("ms"))

    def _plays(self, film: Film, name: str) -> None:
        time.sleep(1.0)
        cost, sent = _Cost(self._product), _Sent(self._product)
        self._view.watch(film)
        time.sleep(_SECONDS / self._shorter)
        samples = self._view.samples()
        megabits, cores = sent.megabits(), cost.cores()
        goal = "≥ 30" if "window" in name else "≥ 50"
        self._note(f"Motion, {name}: pictures shown", samples.rate, Goal("per s", goal))
        self._note("— longest time without a new one" + _in(name), samples.longest_gap, Goal("ms"))
        self._note("— older after newer" + _in(name), samples.backwards, Goal("", "0"))
        self._note(
            "— part of it in the element over the desktop" + _in(name), samples.over, Goal("")
        )
        self._note("— sent" + _in(name), megabits, Goal("Mbit/s", "≤ 4 on a line"))
        for part in _PARTS:
            what = "— CPU of the server" if part == "all" else f"— — {part}"
            self._note(what + _in(name), cores[part], Goal("cores"))

    def _looks(self, film: Film, kind: str) -> None:
        """Compare pictures in motion with the X server's."""
        seen = []
        for _ in range(_PICTURES):
            time.sleep(0.4)
            number, picture = self._view.picture(film, _MIDDLE)
            if number is not None:
                seen.append((number, picture))
        goals = {"text": "≥ 35 at 12 Mbit/s, ≥ 28 at 4"}
        quality = [self._psnr(film, number, picture) for number, picture in seen]
        if quality:
            value = statistics.median(quality)
            self._note(f"— PSNR ({kind}, whole screen)", value, Goal("dB", goals.get(kind, "")))

    def _psnr(self, film: Film, number: int, picture: numpy.ndarray) -> float:
        x, y, width, height = _MIDDLE
        wanted = film.expected(number, self._file)[y : y + height, x : x + width].astype(int)
        error = float(((picture.astype(int) - wanted) ** 2).mean())
        return 10 * math.log10(255**2 / error) if error else 99.0

    def _clicks(self, film: Film, what: str) -> None:
        taken = self._view.clicks(film, round(_CLICKS / self._shorter))
        self._note(f"{what}, p50", percentile(taken, 50), Goal("ms"))
        self._note(f"{what}, p95", percentile(taken, 95), Goal("ms"))

    def _ends(self, film: Film, kind: str) -> None:
        """Wait for the exact pixels."""
        _, ended = film.stop()
        found = self._view.settles(_AFTER)
        _, picture = self._view.picture(film, _WHOLE)
        last = film.screen(self._file)
        wrong = int((picture != last).any(axis=2).sum())
        left = float(numpy.abs(picture.astype(int) - last).mean())
        took = math.inf
        if not wrong:
            inexact = [at for at, exact, _ in found if not exact]
            exact = [at for at, exact, _ in found if exact and at > max(inexact, default=0.0)]
            took = exact[0] - ended
        self._note(f"Motion of {kind} ends → exact pixels", took, Goal("ms", "≤ 500"))
        differences = [difference for _, _, difference in found]
        steps = itertools.pairwise(differences)
        flickers = sum(later > earlier + _FLICKER for earlier, later in steps)
        self._note(f"— wrong pixels after {_AFTER} s ({kind})", wrong, Goal("", "0"))
        self._note(f"— their mean difference, of 255 ({kind})", left, Goal(""))
        self._note(f"— steps away from the last picture ({kind})", flickers, Goal("", "0"))

    def _note(self, what: str, value: float, goal: Goal) -> None:
        print(f"    {self._side}: {what}: {value:.2f} {goal.unit}", file=sys.stderr, flush=True)
        self._motion.note(self._side, what, value, goal)


Films = Mapping[str, Callable[[Scene], None]]

LOCAL: Films = {
    "photo": lambda scene: scene.whole("photo"),
    "text": lambda scene: scene.whole("text"),
    "rects": lambda scene: scene.whole("rects"),
    "window": Scene.window,
    "rest": Scene.rest,
    "colours": Scene.colours,
}
ON_LINE: Films = {
    "photo": LOCAL["photo"],
    "text": LOCAL["text"],
    "rest": Scene.rest,
}


class _Cost:
    """CPU time of a product's processes from now on."""

    def __init__(self, product: Product) -> None:
        self._processes = [(one, _part(one)) for one in product.processes()]
        self._began = time.monotonic()
        self._before = self._now()

    def cores(self) -> dict[str, float]:
        """Return the used cores of each part."""
        seconds = time.monotonic() - self._began
        now = self._now()
        return {part: (now[part] - self._before[part]) / seconds for part in _PARTS}

    def _now(self) -> dict[str, float]:
        times = dict.fromkeys(_PARTS, 0.0)
        for process, part in self._processes:
            spent = cpu_time(process)
            times["all"] += spent
            if part:
                times[part] += spent
        return times


def _part(process: psutil.Process) -> str:
    try:
        words = process.cmdline()
        name = process.name()
    except psutil.Error:
        return ""
    if name in _X_SERVERS:
        return "X server"
    if "jupyter_desktop.video" in words or words[1:3] == ["-m", "selkies"]:
        return "encoder"
    if "jupyter_server" in words or "jupyter_desktop.bridge" in words:
        return "Jupyter and bridge"
    return ""


class _Sent:
    """Bytes that a server sends to pages from now on, as TCP counts them."""

    def __init__(self, product: Product) -> None:
        self._port = product.port
        self._began = time.monotonic()
        self._before = self._now()

    def megabits(self) -> float:
        """Return megabits per second."""
        now, seconds = self._now(), time.monotonic() - self._began
        sent = sum(count - self._before.get(peer, 0) for peer, count in now.items())
        return sent * 8e-6 / seconds

    def _now(self) -> dict[str, int]:
        command = ["ss", "-tinHO", "state", "established", f"sport = :{self._port}"]
        lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        counts = {}
        for line in lines.splitlines():
            if found := re.search(r"bytes_acked:(\d+)", line):
                counts[line.split()[3]] = int(found[1])
        return counts


def _means(picture: numpy.ndarray) -> numpy.ndarray:
    """Return the mean colour of the middle of each flat colour, but for the topmost."""
    width, period, height, middle = _FLAT
    cut = (height - middle) // 2
    found = [
        picture[y + cut : y + cut + middle, x + 18 : x + 18 + middle].reshape(-1, 3).mean(axis=0)
        for y in range(height, SIZE[1], height)
        for x in range(0, SIZE[0], period)
        if x + width <= SIZE[0]
    ]
    return numpy.array(found)


def _in(name: str) -> str:
    return f" ({name})"


def _median(values: list[float]) -> float:
    return statistics.median(values)
