"""A display accepts many programs, each with one or two connections."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers import JupyterServer

OPEN = """
import resource, sys
import xcffib, xcffib.xproto
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
connections = [xcffib.connect() for _ in range(int(sys.argv[1]))]
print(len([one.core.GetInputFocus().reply() for one in connections]))
"""


@pytest.mark.parametrize("backend", ["vnc", "xpra"])
def test_a_display_accepts_600_connections(server: JupyterServer, backend: str) -> None:
    server.start_desktop(backend, backend=backend)
    ran = subprocess.run(
        [sys.executable, "-c", OPEN, "600"],
        env=server.process_named("openbox").environ(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.stdout == "600\n", ran.stderr
    assert server.call("DELETE", f"desktop/api/sessions/{backend}").status == 204
