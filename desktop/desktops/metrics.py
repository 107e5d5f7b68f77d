"""Numbers for Prometheus, which Jupyter Server shows together with its own, at `/metrics`."""

from __future__ import annotations

from prometheus_client import Counter

_SENT = Counter("jupyter_desktop_sent_bytes_total", "Bytes from desktops to browsers")
_RECEIVED = Counter("jupyter_desktop_received_bytes_total", "Bytes from browsers to desktops")


def carried(sent: int, received: int) -> None:
    """Count bytes that connections have carried since the last call."""
    _SENT.inc(sent)
    _RECEIVED.inc(received)
