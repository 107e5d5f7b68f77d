"""Metrics for Prometheus, which Jupyter Server serves together with its own, at `/metrics`."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# Seconds: a few for a desktop on this machine, up to hours for one that waits for a Slurm job.
_START_BUCKETS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300, 900, 3600)

RUNNING = Gauge("jupyter_desktop_desktops_running", "Desktops that run")
VIEWERS = Gauge("jupyter_desktop_viewers_connected", "Pages and other viewers that are connected")
RECONNECTS = Counter(
    "jupyter_desktop_reconnects_total",
    "Connections of pages that were connected before to the same start of the same desktop",
)
START_SECONDS = Histogram(
    "jupyter_desktop_start_seconds",
    "Seconds from the request for a desktop until it runs",
    buckets=_START_BUCKETS,
)
_SENT = Counter("jupyter_desktop_bytes_sent_total", "Bytes from desktops to browsers")
_RECEIVED = Counter("jupyter_desktop_bytes_received_total", "Bytes from browsers to desktops")


def carried(sent: int, received: int) -> None:
    """Count the bytes that connections have carried since the last call."""
    _SENT.inc(sent)
    _RECEIVED.inc(received)
