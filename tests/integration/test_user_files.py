"""A user's files in the folder where Jupyter starts, and on PYTHONPATH."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers
from tests.servers import JupyterServer


@pytest.mark.parametrize("place", ["where Jupyter starts", "on PYTHONPATH"])
def test_a_user_s_desktop_py_hides_nothing(place: str, tmp_path: Path) -> None:
    def write(server: JupyterServer) -> None:
        folder = server.root if place == "where Jupyter starts" else tmp_path
        (folder / "desktop.py").write_text("raise SystemExit('a file of the user was imported')\n")

    environment = {} if place == "where Jupyter starts" else {"PYTHONPATH": str(tmp_path)}
    with servers.running(prepare=write, environment=environment) as server:
        assert server.call("GET", "desktop/").status == 200
        assert server.start_desktop()["state"] == "running"


def test_importing_the_package_imports_no_other_module(tmp_path: Path) -> None:
    program = (
        "import sys; before = set(sys.modules); import jupyter_desktop; "
        "print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(ran.stdout.split()) <= {"__future__", "jupyter_desktop"}
