"""/proc that hides other users' processes (proc(5), "hidepid"), and some of one's own.

A process that is not dumpable counts as another user's: a setgid ssh-agent, or gpg-agent, which
disables dumps. The start script writes the hidden process ids into the home.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import servers, users
from tests.integration.test_left_behind import come_back_to, nothing_is_left, of_desktops
from tests.integration.viewing import parent_of, view
from tests.servers import JupyterServer

# One with a setgid bit, like ssh-agent, and one that disables dumps, like gpg-agent, with a hidden
# child. All ignore signals.
AGENTS = """#!/bin/sh
trap '' TERM HUP INT
setsid "$HOME/agent" 1000 &
agents=$!
cat >"$HOME/agent.py" <<'END'
import ctypes, subprocess, time
ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE (linux/prctl.h)
subprocess.Popen(["sleep", "1001"], start_new_session=True)
open("up", "w").close()
time.sleep(1000)
END
setsid python3 "$HOME/agent.py" &
agents="$agents $!"
until [ -e up ]; do sleep 0.05; done
for agent in $agents; do
    kill -0 "$agent" && ! cat "/proc/$agent/stat" && echo "$agent" >>"$HOME/hidden"
done
trap - TERM HUP INT
exec openbox --sm-disable
"""


def prepare(server: JupyterServer) -> None:
    (server.home / "start").write_text(AGENTS)
    shutil.copy(shutil.which("sleep") or "", server.home / "agent")


@contextmanager
def serving(hidepid: str, **options: Any) -> Iterator[JupyterServer]:
    started = {"prepare": prepare, "start_script": "~/start", **options}
    arguments = ("--DesktopApp.stop_timeout=0.2", "--Xpra.encryption=off")
    with servers.running(*arguments, user=users.new(), hidepid=hidepid, **started) as server:
        # After the change of the owner, which clears the bit (chown(2)).
        agent = server.home / "agent"
        shutil.chown(agent, group="daemon")
        agent.chmod(0o2755)
        yield server


def start(server: JupyterServer, name: str) -> None:
    """Start a desktop whose agents are hidden."""
    hidden = server.home / "hidden"
    hidden.unlink(missing_ok=True)
    (server.home / "up").unlink(missing_ok=True)
    server.start_desktop(name, backend=name)
    assert len(hidden.read_text().split()) == 2
    assert [line for line in of_desktops(server) if "sleep 1001" in line]


@pytest.mark.parametrize("hidepid", ["1", "2,subset=pid"])
def test_nothing_is_left_with_hidepid(hidepid: str) -> None:
    """After Stop, and after the worker or Jupyter was killed; also with subset=pid."""
    with serving(hidepid, check=False) as server:
        before = of_desktops(server)
        for backend in ("vnc", "xpra"):
            start(server, backend)
            assert server.call("DELETE", f"desktop/api/sessions/{backend}").status == 204
            come_back_to(server, before)
        start(server, "vnc")
        with view(server, "vnc"):
            parent_of(server.process_of("-displayfd")).kill()
            server.wait_for("failed", "vnc")
        come_back_to(server, before)
        start(server, "xpra")
        server.signal(signal.SIGKILL)
        nothing_is_left(server)


def test_the_doctor_leaves_nothing_with_hidepid() -> None:
    with serving("2") as server:
        before = users.belongings(server.owner, [server.home, server.log_file])
        doctor = server.ask_doctor("--DesktopApp.start_script=~/start")
        said, _ = doctor.communicate(timeout=120)
        assert doctor.returncode == 0, said
        assert "Left behind" not in said
        assert "ended in" in said
        assert (server.home / "hidden").exists()
        assert users.belongings(server.owner, [server.home, server.log_file]) == before
