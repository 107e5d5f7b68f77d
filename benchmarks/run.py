"""Measures this package side by side with jupyter-remote-desktop-proxy, and prints a table.

A second table compares Xpra with jupyter-xprahtml5-proxy; a third one compares motion, with and
without video, with jupyter-remote-desktop-proxy and Selkies.

    python benchmarks/run.py                      # everything: a quarter of an hour
    python benchmarks/run.py throughput echo      # only these
    python benchmarks/run.py --quick              # fewer rounds: to see that it works
    python benchmarks/run.py video --sides ours selkies  # only these products
    python benchmarks/run.py --write docs/performance.md

Everything runs on this machine: on loopback, or for lines in a network namespace.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import echo
import keypress
import memory
import opening
import products
import report
import throughput
import video
import video_memory
import xpra
from bridges import all_bridges
from browser import chromium
from environment import SELKIES, VNC, XPRA, Environment
from line import RESOLVED, Line, namespace
from playwright.sync_api import Browser
from products import Product
from report import Row, VideoRow
from responsiveness import Responsiveness
from servers import JupyterServer, running

BRIDGES = ("throughput", "echo", "memory")
PRODUCTS = ("keypress", "responsiveness")
XPRA_ROAD = ("xpra-keypress", "xpra-motion")
VIDEO = ("video", "video-line", "video-slow-line", "video-memory")
LINES = {"video-line": Line(20, 0.05), "video-slow-line": Line(5, 0.1, 0.01)}
ALL = (*BRIDGES, "opening", *PRODUCTS, *XPRA_ROAD, *VIDEO)


class Run:
    """One run of the benchmarks in ``wanted``; their servers use ``folder``.

    ``sides`` limits the products of the rows about video, ``rounds`` their rounds.
    """

    def __init__(
        self,
        wanted: set[str],
        quick: bool,
        folder: Path,
        *,
        sides: Collection[str],
        rounds: int,
    ) -> None:
        self._wanted = wanted
        self._quick = quick
        self._sides = sides
        self._video_rounds = rounds
        self._folder = folder

    def tables(self) -> Iterator[tuple[str, Iterator[Row] | Iterator[VideoRow]]]:
        """Yield each table with its name in the documentation; taking a row runs its benchmark."""
        if self._wanted.difference((*XPRA_ROAD, *VIDEO)):
            yield "benchmarks", self._rows(Environment(VNC))
        if self._wanted.intersection(XPRA_ROAD):
            yield "Xpra benchmarks", self._xpra(Environment(XPRA))
        if self._wanted.intersection(VIDEO):
            yield "video benchmarks", self._video()

    def _rows(self, environment: Environment) -> Iterator[Row]:
        if self._wanted.intersection(BRIDGES):
            yield from self._bridges(environment)
        if self._wanted.intersection(("opening", *PRODUCTS)):
            yield from self._products(environment)

    def _bridges(self, environment: Environment) -> Iterator[Row]:
        with all_bridges(environment, self._folder) as bridges:
            if self._begins("throughput"):
                yield from throughput.rows(bridges, self._rounds(9))
            if self._begins("echo"):
                yield from echo.rows(bridges, self._rounds(15))
            if self._begins("memory"):
                yield from memory.rows(bridges, 10 if self._quick else 60)

    def _products(self, environment: Environment) -> Iterator[Row]:
        starters = {
            "ours": partial(products.ours, self._folder / "our-product"),
            "theirs": partial(products.theirs, environment, self._folder / "their-product"),
        }
        with chromium() as browser:
            if self._begins("opening"):
                yield from opening.rows(starters, browser, self._rounds(7))
            if self._wanted.intersection(PRODUCTS):
                bare = partial(JupyterServer, environment.python, self._folder / "bare")
                with running(starters["ours"], starters["theirs"], bare) as (ours, theirs, empty):
                    both: dict[str, Product] = {"ours": ours, "theirs": theirs}
                    if self._begins("keypress"):
                        yield from keypress.rows(both, browser, self._rounds(10))
                    if self._begins("responsiveness"):
                        seconds = 3 if self._quick else 10
                        rounds = self._rounds(4)
                        yield from Responsiveness(both, empty).rows(browser, rounds, seconds)

    def _xpra(self, environment: Environment) -> Iterator[Row]:
        starters = {
            "ours": partial(products.ours_with_xpra, self._folder / "our-xpra"),
            "theirs": partial(products.XpraHtml5, environment.python, self._folder / "their-xpra"),
            "vnc": partial(products.ours, self._folder / "our-vnc"),
        }
        with chromium() as browser, running(*starters.values()) as started:
            sides = dict(zip(starters, started, strict=True))
            if self._begins("xpra-keypress"):
                yield from xpra.keypress_rows(sides, browser, self._rounds(8))
            if self._begins("xpra-motion"):
                yield from xpra.motion_rows(sides, browser, self._rounds(3))

    def _video(self) -> Iterator[VideoRow]:
        starters = self._video_starters()
        with running(*starters.values()) as started:
            sides = dict(zip(starters, started, strict=True))
            if self._begins("video"):
                with chromium() as browser:
                    yield from self._motion(sides, browser, video.LOCAL)
            for name, line in LINES.items():
                if self._begins(name):
                    yield from self._behind(line, sides)
        if self._begins("video-memory"):
            with chromium() as browser:
                start = partial(products.ours, self._folder / "watched")
                yield from video_memory.rows(start, browser, 60 if self._quick else 600)

    def _video_starters(self) -> dict[str, Callable[[], Product]]:
        if not self._wanted.intersection(("video", *LINES)):
            return {}
        folder = self._folder
        # Others are installed only if they are wanted.
        starters: dict[str, Callable[[], Product]] = {
            "ours": lambda: products.ours(folder / "video"),
            "novideo": lambda: products.ours_without_video(folder / "no-video"),
            "theirs": lambda: products.theirs(Environment(VNC), folder / "vnc"),
            "selkies": lambda: products.selkies(Environment(SELKIES), folder / "selkies"),
        }
        return {name: start for name, start in starters.items() if name in self._sides}

    def _behind(self, line: Line, sides: Mapping[str, Product]) -> Iterator[VideoRow]:
        loss = f", {line.loss:.0%} loss" if line.loss else ""
        where = f"{line.round_trip * 1000:.0f} ms, {line.megabits:.0f} Mbit/s{loss}: "
        try:
            with (
                namespace(line, self._folder) as program,
                chromium(program, RESOLVED) as browser,
            ):
                yield from self._motion(sides, browser, video.ON_LINE, where)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{where}not run: {error}", file=sys.stderr)

    def _motion(
        self,
        sides: Mapping[str, Product],
        browser: Browser,
        films: video.Films,
        where: str = "",
    ) -> Iterator[VideoRow]:
        motion = video.Motion(browser, self._quick)
        for _ in range(1 if self._quick else self._video_rounds):
            for name, product in sides.items():
                motion.take(name, product, films)
        yield from motion.rows(where)

    def _begins(self, name: str) -> bool:
        if name in self._wanted:
            print(f"{name} …", file=sys.stderr, flush=True)
        return name in self._wanted

    def _rounds(self, count: int) -> int:
        return max(1, count // 5) if self._quick else count


def main() -> None:
    """Run the command line."""
    arguments = _arguments()
    # `timeout` and CI end programs with SIGTERM, and the started servers have to end as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A short path, because the length of Unix socket paths is limited.
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run = Run(
            set(arguments.benchmarks or ALL),
            arguments.quick,
            Path(folder),
            sides=arguments.sides,
            rounds=arguments.rounds,
        )
        for name, measured in run.tables():
            rows: list[Any] = []
            for row in measured:
                print("  " + " | ".join(row.cells()), file=sys.stderr, flush=True)
                rows.append(row)
            print(report.table(rows))
            if arguments.write:
                report.write(arguments.write, name, rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    sides = list(VideoRow.SIDES)
    parser.add_argument(
        "--sides", nargs="+", choices=sides, default=sides, help="products of the rows about video"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of the rows about video")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the tables in FILE")
    arguments = parser.parse_args()
    if unknown := set(arguments.benchmarks).difference(ALL):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(ALL)}")
    return arguments


if __name__ == "__main__":
    main()
