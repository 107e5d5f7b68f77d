"""Detection of keyboard and mouse input, by the X server's idle counter.

The counter IDLETIME counts milliseconds since the last event of an input device (X
Synchronization Extension; Xserver, Xext/sync.c). An alarm reports that it passes a value, without
polling, and also while a program grabs the X server.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import xcffib.sync
from xcffib.sync import CA, TESTTYPE, VALUETYPE, AlarmNotifyEvent

from .connection import XConnection

_IDLE_AFTER = 2000  # milliseconds without input after which the desktop counts as idle


class UserInput:
    """Reports whether there is input, at first and on each change."""

    def __init__(self, x: XConnection, tell: Callable[[bool], None]) -> None:
        self._connection = x.connection
        self._tell = tell
        self._begun = 0  # the alarm for the first input; 0 without IDLETIME
        self._sync = x.connection(xcffib.sync.key)
        self._sync.Initialize(3, 1).reply()
        counter = self._counters().get("IDLETIME")
        if counter is None:
            tell(True)  # in doubt, the desktop counts as used
            return
        self._begun = self._alarm(counter, TESTTYPE.NegativeTransition, _IDLE_AFTER - 1)
        self._alarm(counter, TESTTYPE.PositiveTransition, _IDLE_AFTER)
        idle = self._sync.QueryCounter(counter).reply().counter_value
        tell(idle.hi == 0 and idle.lo < _IDLE_AFTER)

    def handle(self, event: Any) -> None:
        """Report the state that an alarm stands for."""
        if isinstance(event, AlarmNotifyEvent):
            self._tell(event.alarm == self._begun)

    def _alarm(self, counter: int, test: int, value: int) -> int:
        """Create an alarm for each time that ``counter`` passes ``value``."""
        alarm: int = self._connection.generate_id()
        mask = CA.Counter | CA.ValueType | CA.Value | CA.TestType | CA.Delta | CA.Events
        values = [counter, VALUETYPE.Absolute, (0, value), test, (0, 0), True]
        self._sync.CreateAlarm(alarm, mask, values)
        return alarm

    def _counters(self) -> dict[str, int]:
        """Return the X server's counters by name."""
        # Not reply(), which ignores the padding of names to four bytes.
        asked = self._sync.ListSystemCounters()
        data = bytes(self._connection.wait_for_reply(asked.sequence).buf)
        (count,) = struct.unpack_from("=I", data, 8)
        counters: dict[str, int] = {}
        at = 32
        for _ in range(count):
            counter, length = struct.unpack_from("=I8xH", data, at)
            name = data[at + 14 : at + 14 + length].decode("latin-1")
            counters[name] = counter
            at += 14 + length + -(14 + length) % 4
        return counters
