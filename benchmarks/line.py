"""A line between a browser and the servers of this machine: bandwidth, delay and loss.

The browser runs in a network namespace whose only way out is a TUN device. ``python line.py NAME
MBIT RTT LOSS`` carries the packets between it and a TUN device outside: real TCP on both ends, with
no buffer between them except the queue of the line. The kernel's own tool for that, netem,
is not built into every kernel.
"""

from __future__ import annotations

import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEAR, FAR = "10.77.0.1", "10.77.0.2"  # addresses of the servers' end, and of the browser's
_LOOPBACK = "127.0.0.1"
_TUNSETIFF = 0x400454CA  # linux/if_tun.h
_TUN, _NO_INFORMATION = 0x0001, 0x1000
_QUEUE = 0.2  # seconds of the bandwidth that the line queues, at least
_LEAST_QUEUE = 64 * 1024  # bytes
_MTU = 1500
_SOURCE, _DESTINATION = 12, 16  # offsets in an IPv4 header
_CHECKSUM_OF_IP = 10
_TCP, _CHECKSUM_OF_TCP = 6, 16


@dataclass(frozen=True)
class Line:
    """Megabits per second each way, the round trip in seconds, the part of packets that is lost."""

    megabits: float
    round_trip: float
    loss: float = 0.0


@contextmanager
def namespace(line: Line, folder: Path) -> Iterator[Path]:
    """Make a namespace behind a line; yield a program that runs Chromium in it.

    There ``localhost`` is this machine, by Chromium's option ``RESOLVED``.
    """
    name = f"bench-{os.getpid()}"
    wrapper = folder / "chromium-behind-line"
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {name} {chromium} "$@"\n')
    wrapper.chmod(0o755)
    _run("ip", "netns", "add", name)
    try:
        words = [name, line.megabits, line.round_trip, line.loss]
        relay = subprocess.Popen(
            [sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE
        )
        with relay:
            try:
                assert relay.stdout
                if not relay.stdout.readline():
                    raise RuntimeError("The line did not start.")
                yield wrapper
            finally:
                relay.kill()
    finally:
        _run("ip", "netns", "del", name)


RESOLVED = f"--host-resolver-rules=MAP localhost {NEAR}"


class _Way:
    """One direction: packets are read from ``source`` and written to ``target``, later."""

    def __init__(self, source: int, target: int, line: Line) -> None:
        self.source = source
        self._target = target
        self._line = line
        self._seconds_per_byte = 8e-6 / line.megabits
        self._longest = max(_QUEUE, _LEAST_QUEUE * self._seconds_per_byte)
        self._free_at = 0.0  # when the line has sent all that was queued
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._random = random.Random(1)

    @property
    def due(self) -> float:
        """When the next packet arrives."""
        return self._under_way[0][0] if self._under_way else float("inf")

    def read(self) -> None:
        """Read and send all packets that are there."""
        while True:
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            if packet[0] >> 4 == 4:
                self._send(packet)

    def _send(self, packet: bytes) -> None:
        now = time.monotonic()
        begins = max(now, self._free_at)
        if begins - now > self._longest:
            return
        self._free_at = begins + len(packet) * self._seconds_per_byte
        if self._random.random() >= self._line.loss:
            at = self._free_at + self._line.round_trip / 2
            self._under_way.append((at, _translated(packet)))

    def deliver(self) -> None:
        """Write the packets that have arrived."""
        now = time.monotonic()
        while self.due <= now:
            _, packet = self._under_way.popleft()
            try:
                os.write(self._target, packet)
            except OSError:
                pass  # the other end is not up


def _translated(packet: bytes) -> bytes:
    """Replace the near address by loopback's, where the servers are, or the other way round."""
    near, loopback = (bytes(map(int, one.split("."))) for one in (NEAR, _LOOPBACK))
    changed = bytearray(packet)
    for place, old, new in ((_DESTINATION, near, loopback), (_SOURCE, loopback, near)):
        if changed[place : place + 4] == old:
            changed[place : place + 4] = new
            header = (changed[0] & 0x0F) * 4
            _correct(changed, _CHECKSUM_OF_IP, old, new)
            if changed[9] == _TCP:
                _correct(changed, header + _CHECKSUM_OF_TCP, old, new)
    return bytes(changed)


def _correct(packet: bytearray, place: int, old: bytes, new: bytes) -> None:
    """Correct a checksum for replaced bytes (RFC 1624)."""
    total = ~int.from_bytes(packet[place : place + 2], "big") & 0xFFFF
    for offset in (0, 2):
        total += ~int.from_bytes(old[offset : offset + 2], "big") & 0xFFFF
        total += int.from_bytes(new[offset : offset + 2], "big")
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    packet[place : place + 2] = (~total & 0xFFFF).to_bytes(2, "big")


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN | _NO_INFORMATION))
    return device


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _connect(namespace_: str) -> tuple[int, int]:
    """Make both devices, here and in the namespace."""
    here, there = f"{namespace_[-11:]}-s", f"{namespace_[-11:]}-c"
    near, far = _tun(here), _tun(there)
    _run("ip", "link", "set", there, "netns", namespace_)
    _run("ip", "addr", "add", NEAR, "peer", FAR, "dev", here)
    _run("ip", "link", "set", here, "up", "mtu", str(_MTU))
    # Packets of the namespace may go to loopback.
    for name, value in (("route_localnet", "1"), ("rp_filter", "0")):
        Path(f"/proc/sys/net/ipv4/conf/{here}/{name}").write_text(value)
    inside = ("ip", "-n", namespace_)
    _run(*inside, "addr", "add", FAR, "peer", NEAR, "dev", there)
    _run(*inside, "link", "set", there, "up", "mtu", str(_MTU))
    _run(*inside, "link", "set", "lo", "up")
    return near, far


def main() -> None:
    """Carry packets until killed."""
    name, *numbers = sys.argv[1:]
    line = Line(*map(float, numbers))
    near, far = _connect(name)
    ways = [_Way(near, far, line), _Way(far, near, line)]
    print("ready", flush=True)
    while True:
        wait = min(way.due for way in ways) - time.monotonic()
        ready, _, _ = select.select([near, far], [], [], min(1.0, max(0.0, wait)))
        for way in ways:
            if way.source in ready:
                way.read()
            way.deliver()


if __name__ == "__main__":
    main()
