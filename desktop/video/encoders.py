"""The encoders of PyAV, and the choice of one that works here and is fast enough.

They depend on PyAV's build and on the machine, so each is tried.
"""

from __future__ import annotations

import ctypes
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from .colours import Picture
from .region import Region

FRAME_RATE = 60  # frames per second at most
# Seconds of CPU for a frame of _TRIED. The codec that pages prefer may take so long: others cost
# the browser more, or exceed their bit rate.
_FAST_ENOUGH = 0.02
_TRIED = Region(0, 0, 1920, 1088)
_FRAMES = 4
_SHIFT = 8  # lines from one frame to the next
_LINES = _TRIED.height + _FRAMES * _SHIFT
_MICROSECONDS = Fraction(1, 1_000_000)
_NO_KEY_FRAMES = "1000000"  # frames from one to the next: they come only on request
_BT_601 = 6  # SMPTE 170M (ITU-T H.273); the output of ``colours``

# Profile and constraints in hexadecimal (ITU-T H.264, annex A).
_CONSTRAINED_BASELINE, _MAIN = "42c0", "4d40"
# Level, and the most macroblocks in a frame and in a second (ITU-T H.264, table A-1).
_LEVELS = (
    (31, 3600, 108_000),
    (32, 5120, 216_000),
    (42, 8704, 522_240),
    (51, 36_864, 983_040),
    (52, 36_864, 2_073_600),
    (62, 139_264, 16_711_680),
)

_log = logging.getLogger(__name__)


class EncodingFailed(Exception):
    """An encoder could not be opened, or does not work."""


@dataclass(frozen=True)
class Kind:
    """An encoder of FFmpeg.

    ``codec`` is its family, as pages name it. ``options`` are for a bit rate in bits per second.
    """

    codec: str
    name: str
    options: Callable[[int], Mapping[str, str]]

    def web_codec(self, size: tuple[int, int], rate: int) -> str:
        """Return the name for WebCodecs, for pictures of ``size`` (W3C, WebCodecs registry)."""
        if self.codec == "h264":
            profile = _MAIN if self.options(rate).get("coder") == "1" else _CONSTRAINED_BASELINE
            return f"avc1.{profile}{_level(size):02x}"
        return {"vp8": "vp8", "vp9": "vp09.00.51.08", "av1": "av01.0.13M.08"}[self.codec]


def _level(size: tuple[int, int]) -> int:
    blocks = (size[0] // 16) * (size[1] // 16)
    for level, most, most_in_second in _LEVELS:
        if blocks <= most and blocks * FRAME_RATE <= most_in_second:
            return level
    return _LEVELS[-1][0]


def _at(rate: int) -> dict[str, str]:
    """Return the options for a steady bit rate."""
    return {
        "b": str(rate),
        "maxrate": str(rate),
        "bufsize": str(rate),
        "g": _NO_KEY_FRAMES,
    }


def _x264(rate: int) -> dict[str, str]:
    return {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "threads": "1",
        "crf": "23",
        "maxrate": str(rate),
        # One second: with less, moving text gets unreadable.
        "bufsize": str(rate),
        "forced-idr": "1",
        "g": _NO_KEY_FRAMES,
        "x264-params": "no-dct-decimate=1:no-psy=1:no-chroma-me=1:keyint=infinite",
        # CABAC: on slow lines the saved bits are worth the time.
        "coder": "1" if rate <= 4_000_000 else "0",
    }


def _nvenc(rate: int) -> dict[str, str]:
    return {
        "preset": "p1",
        "tune": "ull",
        "profile": "baseline",
        "zerolatency": "1",
        "forced-idr": "1",
        **_at(rate),
    }


def _vpx(rate: int) -> dict[str, str]:
    return {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "threads": "1",
        **_at(rate),
    }


def _svt(rate: int) -> dict[str, str]:
    return {
        "preset": "12",
        "b": str(rate),
        "g": _NO_KEY_FRAMES,
        "svtav1-params": "rtc=1:lp=1:rc=2",
    }


# In each family, hardware encoders first.
KINDS = (
    Kind("h264", "h264_nvenc", _nvenc),
    Kind("h264", "libx264", _x264),
    Kind("vp8", "libvpx", _vpx),
    Kind("vp9", "libvpx-vp9", _vpx),
    Kind("av1", "libsvtav1", _svt),
)


class Encoder:
    """An open encoder of ``kind`` for ``region`` at ``rate``, in bits per second.

    Raises ``EncodingFailed``.
    """

    def __init__(self, kind: Kind, region: Region, rate: int) -> None:
        self.kind = kind
        self.region = region
        self.rate = rate
        self._picture = Picture(region)
        self._began = time.monotonic()
        try:
            self._context = self._open()
        except (av.FFmpegError, ValueError) as error:
            raise EncodingFailed(f"{kind.name}: {error}") from error

    @property
    def web_codec(self) -> str:
        """The name of its codec for WebCodecs."""
        return self.kind.web_codec(self.region.coded, self.rate)

    def encode(self, address: int, *, key: bool) -> list[tuple[bytes, bool]]:
        """Encode the pixels at ``address`` (see ``Screen.capture``), as a key frame if ``key``.

        Return frames, each with whether it is a key frame; usually one. Raises ``EncodingFailed``.
        """
        self._picture.take(address)
        frame = self._picture.frame
        frame.pts = round((time.monotonic() - self._began) / _MICROSECONDS)
        frame.time_base = _MICROSECONDS
        types = av.video.frame.PictureType
        frame.pict_type = types.I if key else types.NONE
        try:
            packets = self._context.encode(frame)
        except av.FFmpegError as error:
            raise EncodingFailed(f"{self.kind.name}: {error}") from error
        return [(bytes(packet), packet.is_keyframe) for packet in packets]

    def _open(self) -> Any:
        context: Any = av.CodecContext.create(self.kind.name, "w")
        context.width, context.height = self.region.coded
        context.pix_fmt = "yuv420p"
        context.time_base = _MICROSECONDS
        context.framerate = Fraction(FRAME_RATE, 1)
        context.colorspace = context.color_primaries = context.color_trc = _BT_601
        context.options = dict(self.kind.options(self.rate))
        context.open()
        return context


class Encoders:
    """The encoders of ``kinds`` that work here; each family is tried when it is first needed."""

    def __init__(self, kinds: Iterable[Kind] = KINDS) -> None:
        self._kinds = tuple(kinds)
        # Seconds per frame and encoder, by codec; None if no encoder for it works.
        self._tried: dict[str, tuple[float, Kind] | None] = {}

    def choose(self, codecs: Iterable[str], rate: int) -> Kind | None:
        """Return the first of ``codecs`` that is fast enough, or the fastest; None without any."""
        found: list[tuple[float, Kind]] = []
        known = {kind.codec for kind in self._kinds}
        for codec in codecs:
            if codec not in known:
                continue
            if codec not in self._tried:
                self._tried[codec] = self._fastest(codec, rate)
            if one := self._tried[codec]:
                seconds, kind = one
                if seconds <= _FAST_ENOUGH:
                    return kind
                found.append(one)
        return min(found, key=lambda one: one[0])[1] if found else None

    def _fastest(self, codec: str, rate: int) -> tuple[float, Kind] | None:
        """Return the least seconds of CPU for a frame of ``codec``, and the encoder."""
        found = []
        for kind in self._kinds:
            if kind.codec == codec and kind.name in av.codecs_available:
                try:
                    seconds = _try(kind, rate)
                except EncodingFailed as error:
                    _log.info("%s does not work here: %s", kind.name, error)
                else:
                    _log.info("%s takes %.1f ms for a frame.", kind.name, 1000 * seconds)
                    found.append((seconds, kind))
        return min(found, key=lambda one: one[0], default=None)


def _try(kind: Kind, rate: int) -> float:
    """Return the seconds of CPU that a frame takes, the least of several.

    Real time would depend on the machine's other work. Raises ``EncodingFailed``.
    """
    encoder = Encoder(kind, _TRIED, rate)
    stripes = bytes((x * 7) & 255 for x in range(_TRIED.width * 4))
    # Each frame begins some lines further down.
    pixels = ctypes.create_string_buffer(
        b"".join(stripes[4 * y % 256 :] + stripes[: 4 * y % 256] for y in range(_LINES))
    )
    seconds = []
    for number in range(_FRAMES):
        address = ctypes.addressof(pixels) + number * _SHIFT * len(stripes)
        began = time.process_time()
        frames = encoder.encode(address, key=number == 0)
        if number:
            seconds.append(time.process_time() - began)
        elif not frames:
            raise EncodingFailed(f"{kind.name}: it delays frames.")
    return min(seconds)
