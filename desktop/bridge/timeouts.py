"""The time-outs and intervals of the bridge's connections."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeouts:
    """Seconds; the tests pass shorter ones."""

    handshake: float = 10.0
    login: float = 15.0  # for a viewer to give its password
    silence: float = 120.0  # without a sign of life from the browser
    ping_every: float = 20.0  # proxies cut connections that idle for 60
    report_every: float = 10.0  # changed byte counts, to the Jupyter server


TIMEOUTS = Timeouts()
