"""Captures the screen, encodes it, and sends the frames to viewers.

All viewers get the same frames: in one codec, of the smallest region that contains all requested
ones. The event loop's thread does the work: a frame takes some milliseconds, and delays
acknowledgements by no more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce

import xcffib

from . import records
from .budget import Budget
from .encoders import Encoder, Encoders, EncodingFailed, Kind
from .flow import FIRST_RATE
from .records import Start
from .region import Region
from .rest import RestDetector
from .screen import Screen
from .viewer import Viewer

_REST_CHECK_INTERVAL = 0.05  # seconds
# Seconds that a frame waits for a viewer that is not ready, before it is sent to the others.
_PATIENCE = 0.05
_PAUSE = 10.0  # seconds without video after frames took too long, or encoding failed
_NUMBERS = 1 << 32

_log = logging.getLogger(__name__)


@dataclass
class _Show:
    """The video that is being shown."""

    encoder: Encoder
    rest: RestDetector
    is_first: bool = True  # its next frame is the first: it is sent even if nothing has changed


class Producer:
    """Video of the screen of ``display`` (":N") for viewers.

    ``encoders`` and ``budget`` limit its cost. Raises ``ScreenUnusable`` or
    ``xcffib.ConnectionException``.
    """

    def __init__(self, display: str, encoders: Encoders, budget: Budget) -> None:
        self._loop = asyncio.get_running_loop()
        self._screen = Screen(display, self._on_change, self._on_resize)
        self._encoders = encoders
        self._budget = budget
        self._viewers: set[Viewer] = set()
        self._show: _Show | None = None  # None while no viewer requests video
        self._has_changed = False  # something has changed since the last frame
        self._number = 0  # of the last frame
        self._next_at = 0.0  # when the next frame may be sent
        self._refused_until = 0.0  # no video before this time
        self._timer: asyncio.TimerHandle | None = None  # runs until the next frame may be sent
        self._rest_timer: asyncio.TimerHandle | None = None
        self.lost: asyncio.Future[None] = self._loop.create_future()  # the display is gone
        self._descriptor = self._screen.fileno()  # not available after the display's end
        self._loop.add_reader(self._descriptor, self._on_readable)

    def close(self) -> None:
        """Disconnect from the display."""
        self._loop.remove_reader(self._descriptor)
        self._viewers.clear()
        with suppress(xcffib.ConnectionException):
            self._end_show()
            self._screen.close()

    # -- requests of viewers

    def join(self, viewer: Viewer) -> None:
        """Add a viewer."""
        self._viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Remove a viewer."""
        self._viewers.discard(viewer)
        self._update()

    def start(self, viewer: Viewer, start: Start) -> None:
        """Show a viewer the requested region."""
        now = self._now()
        region = start.region.within(self._whole)
        if now < self._refused_until or not region.area:
            self.stop(viewer)
            viewer.send(records.rest(max(0.0, self._refused_until - now)))
            return
        viewer.begin(Start(start.codecs, region))
        try:
            self._show_to(self._audience)
        except EncodingFailed as error:
            _log.warning("%s", error)
            viewer.stop()
            viewer.send(records.problem(*self._refusal(start)))
            self._update()

    def _refusal(self, start: Start) -> tuple[str, str]:
        """Return message and remedy if ``start`` cannot be fulfilled."""
        if self._kind([start], FIRST_RATE):
            return (
                "The browsers of this desktop's viewers have no codec in common, or the encoder "
                "of this server failed.",
                "Reload the page when the other viewers have left.",
            )
        return (
            "No encoder of this server makes video that this browser can show.",
            "Install PyAV from PyPI (`pip install av`), or use another browser.",
        )

    def stop(self, viewer: Viewer) -> None:
        """Send a viewer no more video."""
        viewer.stop()
        self._update()

    def shown(self, viewer: Viewer, number: int) -> None:
        """Note that a viewer shows the frame ``number``."""
        viewer.flow.shown(number, self._now())
        self._consider()

    def key(self, viewer: Viewer) -> None:
        """Note that a viewer needs a key frame."""
        viewer.needs_key = True
        self._has_changed = True
        self._consider()

    # -- the show

    @property
    def _whole(self) -> Region:
        return Region(0, 0, *self._screen.size)

    @property
    def _audience(self) -> list[tuple[Viewer, Start]]:
        return [(one, one.start) for one in self._viewers if one.start]

    def _update(self) -> None:
        """Show the regions that viewers request now."""
        audience = self._audience
        if not audience:
            self._end_show()
            return
        try:
            self._show_to(audience)
        except EncodingFailed as error:
            _log.warning("%s", error)
            self._rest(_PAUSE)

    def _show_to(self, audience: list[tuple[Viewer, Start]]) -> None:
        """Show the requested regions; ``EncodingFailed`` leaves the present show as it is."""
        region = reduce(Region.joined, (start.region for _, start in audience))
        rate = self._rate([viewer for viewer, _ in audience])
        kind = self._kind([start for _, start in audience], rate)
        if not kind:
            raise EncodingFailed("No codec for all viewers.")
        encoder = self._show.encoder if self._show else None
        if encoder and (encoder.kind, encoder.region, encoder.rate) == (kind, region, rate):
            self._configure([viewer for viewer, _ in audience if viewer.is_new])
        else:
            self._begin(Encoder(kind, region, rate), [viewer for viewer, _ in audience])
        self._consider()

    def _kind(self, starts: list[Start], rate: int) -> Kind | None:
        """Return the best encoder for a codec that all of ``starts`` name."""
        common = set.intersection(*(set(start.codecs) for start in starts))
        return self._encoders.choose([one for one in starts[0].codecs if one in common], rate)

    def _rate(self, viewers: list[Viewer]) -> int:
        """Return the lowest bit rate of ``viewers``; stalled ones do not count."""
        now = self._now()
        rates = [one.flow.rate for one in viewers if not one.flow.is_stalled(now)]
        return min(rates, default=self._show.encoder.rate if self._show else FIRST_RATE)

    def _begin(self, encoder: Encoder, viewers: list[Viewer]) -> None:
        if not self._show:
            self._budget.begin()
            self._screen.watch(True)
            self._check_rest_later()
        self._show = _Show(encoder, RestDetector(encoder.region.area, self._now()))
        self._configure(viewers)

    def _configure(self, viewers: list[Viewer]) -> None:
        """Send viewers the configuration of the frames that follow."""
        assert self._show
        encoder = self._show.encoder
        for viewer in viewers:
            viewer.is_new = False
            viewer.needs_key = True
            viewer.send(records.config(encoder.web_codec, encoder.region, encoder.region.coded))
        self._show.is_first = self._show.is_first or bool(viewers)

    def _end_show(self) -> None:
        if self._show:
            self._show = None
            self._screen.watch(False)
            self._budget.end()
        for timer in (self._timer, self._rest_timer):
            if timer:
                timer.cancel()
        self._timer = self._rest_timer = None

    def _rest(self, pause: float = 0) -> None:
        """End the video for all."""
        # The end of a show does not shorten an earlier pause.
        self._refused_until = max(self._refused_until, self._now() + pause)
        for viewer, _ in self._audience:
            viewer.stop()
            viewer.send(records.rest(pause))
        self._end_show()

    # -- frames

    def _on_readable(self) -> None:
        try:
            self._screen.handle_events()
        except xcffib.ConnectionException:
            self._lose()
            return
        self._consider()

    def _lose(self) -> None:
        self._loop.remove_reader(self._descriptor)
        if not self.lost.done():
            self.lost.set_result(None)

    def _on_change(self) -> None:
        self._has_changed = True

    def _on_resize(self) -> None:
        # The regions are of the screen before the change.
        self._rest()

    def _consider(self) -> None:
        """Send a frame if something has changed, now or when the next one may be sent."""
        if not self._show or not (self._has_changed or self._show.is_first):
            return
        now = self._now()
        if now < self._next_at:
            self._later(self._next_at)
            return
        audience = [viewer for viewer, _ in self._audience]
        frame_rate = self._budget.frame_rate
        ready = [viewer for viewer in audience if viewer.takes_frame(frame_rate)]
        late = [one for one in audience if one not in ready and not one.flow.is_stalled(now)]
        if not ready:
            return  # until an acknowledgement comes
        if late and now < self._next_at + _PATIENCE:
            self._later(self._next_at + _PATIENCE)
            return
        try:
            self._send_frame(ready, now)
        except (EncodingFailed, OSError) as error:  # no shared memory for so large a region
            _log.warning("%s", error)
            self._rest(_PAUSE)
        except xcffib.ConnectionException:
            self._lose()
        except xcffib.Error:
            self._rest()  # the screen was resized while it was captured

    def _later(self, when: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._consider)

    def _send_frame(self, ready: list[Viewer], now: float) -> None:
        """Capture and encode a frame, and send it to the viewers that are ``ready``."""
        assert self._show
        show, encoder = self._show, self._show.encoder
        began, began_cpu = time.monotonic(), time.process_time()
        self._has_changed = False
        area = sum(one.within(encoder.region).area for one in self._screen.changes())
        self._screen.handle_events()
        if self._show is not show:
            return  # the screen was resized
        show.rest.changed(area, now)
        if not area and not show.is_first and not any(one.needs_key for one in ready):
            self._pace()
            return
        address = self._screen.capture(encoder.region)
        self._screen.handle_events()
        if self._show is not show:
            return
        is_key = show.is_first or any(one.may_have_key(now) for one in ready)
        for data, made_key in encoder.encode(address, key=is_key):
            self._deliver(data, made_key, ready, now)
        show.is_first = False
        self._budget.spent(time.process_time() - began_cpu, time.monotonic() - began)
        if self._budget.is_too_slow:
            _log.warning("Frames take too long: no video for %g s.", _PAUSE)
            self._rest(_PAUSE)
            return
        self._adapt_rate()
        self._pace()

    def _pace(self) -> None:
        """Space frames, and looks for changes, by the budget's frame rate."""
        interval = 1 / self._budget.frame_rate
        # The exact rate on average; after a pause, the next frame is sent at once.
        self._next_at = max(self._next_at + interval, self._now() - interval)
        if self._has_changed:
            self._loop.call_soon(self._consider)

    def _deliver(self, data: bytes, is_key: bool, ready: list[Viewer], now: float) -> None:
        self._number = (self._number + 1) % _NUMBERS
        record = records.frame(self._number, is_key, data)
        for viewer, _ in self._audience:
            if viewer not in ready or (viewer.needs_key and not is_key):
                viewer.needs_key = True
                continue
            viewer.send_frame(self._number, is_key, record, now)

    def _adapt_rate(self) -> None:
        """Encode at the rate that the viewers' lines bear now."""
        assert self._show
        if self._rate([viewer for viewer, _ in self._audience]) != self._show.encoder.rate:
            self._update()

    def _check_rest_later(self) -> None:
        self._rest_timer = self._loop.call_later(_REST_CHECK_INTERVAL, self._check_rest)

    def _check_rest(self) -> None:
        if not self._show:
            return
        self._check_rest_later()
        # While changes wait for a viewer, their area is unknown.
        if not self._has_changed and self._show.rest.is_resting(self._now()):
            self._rest()

    def _now(self) -> float:
        return self._loop.time()
