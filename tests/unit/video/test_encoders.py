"""The encoders of PyAV: their frames are decoded again; the first fast enough one is chosen."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from typing import Any

import av
import pytest

from jupyter_desktop.video import encoders
from jupyter_desktop.video.encoders import KINDS, Encoder, Encoders, EncodingFailed, Kind
from jupyter_desktop.video.region import Region

RATE = 8_000_000
LOW_RATE = 2_000_000  # x264 has other options then
DECODERS = {"h264": "h264", "vp8": "vp8", "vp9": "vp9", "av1": "libdav1d"}
SOFTWARE = [one for one in KINDS if not one.name.endswith("_nvenc")]
X264 = next(one for one in KINDS if one.name == "libx264")
GREY = 0x80

of_software = pytest.mark.parametrize("kind", SOFTWARE, ids=lambda kind: kind.name)


class Pixels:
    """Pixels of one shade of grey in memory, as ``Screen.capture`` returns them."""

    def __init__(self, region: Region, grey: int = GREY) -> None:
        self._memory = ctypes.create_string_buffer(bytes([grey] * 3 + [0]) * region.area)
        self.address = ctypes.addressof(self._memory)


def decoded(kind: Kind, frames: Iterable[bytes]) -> list[Any]:
    """Return the pictures of ``frames``."""
    context: Any = av.CodecContext.create(DECODERS[kind.codec], "r")
    pictures = [one for data in frames for one in context.decode(av.Packet(data))]
    return [*pictures, *context.decode(None)]


def brightness(picture: Any, x: int, y: int) -> int:
    plane = picture.planes[0]
    return int(bytes(plane)[y * plane.line_size + x])


def parameters(frame: bytes) -> bytes:
    """Return profile, constraints and level of an H.264 key frame (ITU-T H.264, 7.3.2.1.1)."""
    start = frame.index(b"\0\0\1\x67") + 4
    return frame[start : start + 3]


@of_software
@pytest.mark.parametrize("region", [Region(0, 0, 320, 240), Region(3, 5, 101, 77)])
def test_frames_are_decoded_again(kind: Kind, region: Region) -> None:
    encoder = Encoder(kind, region, RATE)
    greys = (0x20, 0x80, 0xE0)
    made = [
        encoder.encode(Pixels(region, grey).address, key=number == 0)
        for number, grey in enumerate(greys)
    ]
    assert [[is_key for _, is_key in frames] for frames in made] == [[True], [False], [False]]
    pictures = decoded(kind, [data for frames in made for data, _ in frames])
    assert [(one.width, one.height) for one in pictures] == [region.coded] * 3
    for picture, grey in zip(pictures, greys, strict=True):
        expected = 16 + grey * 219 / 255
        for x, y in ((2, 2), (region.width - 10, region.height - 10)):
            # Frames come faster than in real time, so they have few bits.
            assert abs(brightness(picture, x, y) - expected) <= 32


@of_software
def test_a_picture_has_the_colours_of_bt_601(kind: Kind) -> None:
    """VP8 has no others."""
    region = Region(0, 0, 64, 64)
    ((data, _),) = Encoder(kind, region, RATE).encode(Pixels(region).address, key=True)
    (picture,) = decoded(kind, [data])
    if kind.codec != "vp8":
        assert picture.colorspace == 6  # SMPTE 170M (ITU-T H.273, table 4)


@of_software
def test_key_frames_come_on_request_only(kind: Kind) -> None:
    """A viewer can begin with any of them."""
    region = Region(0, 0, 320, 240)
    encoder = Encoder(kind, region, RATE)
    wanted = [number in (0, 40) for number in range(45)]
    made = [
        encoder.encode(Pixels(region, 2 * number).address, key=key)
        for number, key in enumerate(wanted)
    ]
    assert [frames[0][1] for frames in made] == wanted
    late = [data for frames in made[40:] for data, _ in frames]
    assert len(decoded(kind, late)) == 5


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ((1280, 720), "avc1.42c020"),
        ((1920, 1088), "avc1.42c02a"),
        ((2560, 1440), "avc1.42c033"),
        ((3840, 2160), "avc1.42c034"),
        ((7680, 4320), "avc1.42c03e"),
        ((16, 16), "avc1.42c01f"),
        ((32768, 32768), "avc1.42c03e"),
    ],
)
def test_the_name_of_h264_has_the_level_for_60_frames_a_second(
    size: tuple[int, int], name: str
) -> None:
    assert X264.web_codec(size, RATE) == name


def test_the_name_of_an_encoder_is_for_its_coded_picture() -> None:
    assert Encoder(X264, Region(0, 0, 1920, 1080), RATE).web_codec == "avc1.42c02a"
    names = [kind.web_codec((1920, 1088), RATE) for kind in KINDS if kind.codec != "h264"]
    assert names == ["vp8", "vp09.00.51.08", "av01.0.13M.08"]


@pytest.mark.parametrize(
    "rate",
    [LOW_RATE, RATE],
)
def test_h264_matches_its_name(rate: int) -> None:
    """Hardware decoders may rely on the name."""
    region = Region(0, 0, 640, 480)
    encoder = Encoder(X264, region, rate)
    ((data, _),) = encoder.encode(Pixels(region).address, key=True)
    profile, constraints, level = parameters(data)
    named = bytes.fromhex(encoder.web_codec.removeprefix("avc1."))
    assert f"{profile:02x}{constraints & 0xC0:02x}" == named[:2].hex()
    assert level <= named[2]


SMALL, TOO_WIDE = Region(0, 0, 320, 240), Region(0, 0, 32752, 16)


@pytest.mark.parametrize(
    ("kind", "region"),
    [
        (Kind("h264", "nonesuch", lambda rate: {}), SMALL),
        (Kind("h264", "libx264", lambda rate: {"preset": "nonesuch"}), SMALL),
        (Kind("av1", "libdav1d", lambda rate: {}), SMALL),
        (X264, TOO_WIDE),
    ],
    ids=["missing", "wrong option", "decoder", "too wide"],
)
def test_an_encoder_that_does_not_open(kind: Kind, region: Region) -> None:
    with pytest.raises(EncodingFailed, match=kind.name):
        Encoder(kind, region, RATE)


# -- the choice


def fast(codec: str, name: str = "libx264") -> Kind:
    return Kind(codec, name, X264.options)


def slow(codec: str) -> Kind:
    def options(rate: int) -> Mapping[str, str]:
        return {**X264.options(rate), "preset": "slower"}

    return Kind(codec, "libx264", options)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders are tried with smaller pictures, which takes less time."""
    monkeypatch.setattr(encoders, "_TRIED", Region(0, 0, 640, 480))


@pytest.fixture
def nothing_is_fast_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_FAST_ENOUGH", 0.0)


@pytest.fixture
def all_are_fast_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_FAST_ENOUGH", 60.0)


@pytest.mark.usefixtures("all_are_fast_enough")
def test_the_codec_that_the_page_prefers_is_chosen_if_it_is_fast_enough() -> None:
    one, other = slow("one"), fast("other")
    chooser = Encoders([other, one])
    assert chooser.choose(["one", "other"], RATE) is one
    assert chooser.choose(["other", "one"], RATE) is other
    assert chooser.choose(["unknown", "one"], RATE) is one


@pytest.mark.usefixtures("nothing_is_fast_enough")
def test_the_fastest_codec_is_chosen_if_none_is_fast_enough() -> None:
    one, other = slow("one"), fast("other")
    assert Encoders([one, other]).choose(["one", "other"], RATE) is other


@pytest.mark.usefixtures("all_are_fast_enough")
def test_the_fastest_encoder_of_a_codec_is_chosen() -> None:
    one, other = slow("h264"), fast("h264")
    assert Encoders([one, other]).choose(["h264"], RATE) is other


def test_without_a_codec_in_common_there_is_no_choice() -> None:
    assert Encoders().choose([], RATE) is None
    assert Encoders().choose(["unknown"], RATE) is None
    assert Encoders([]).choose(["h264"], RATE) is None


def test_encoders_that_do_not_work_are_passed_over() -> None:
    def delays(rate: int) -> Mapping[str, str]:
        return {"preset": "ultrafast"}  # frames come in threads, some late

    broken = [
        Kind("h264", "nonesuch", X264.options),
        Kind("h264", "libx264", lambda rate: {"preset": "nonesuch"}),
        Kind("h264", "libx264", delays),
    ]
    assert Encoders(broken).choose(["h264"], RATE) is None
    works = fast("h264")
    assert Encoders([*broken, works]).choose(["h264"], RATE) is works


def test_encoders_are_tried_once() -> None:
    opened = []

    def options(rate: int) -> Mapping[str, str]:
        opened.append(rate)
        return X264.options(rate)

    chooser = Encoders([Kind("h264", "libx264", options), Kind("vp8", "libvpx", options)])
    for _ in range(3):
        assert chooser.choose(["h264"], RATE)
    assert opened == [RATE]
