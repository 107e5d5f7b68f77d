"""A Slurm cluster on this machine: munged, slurmctld, and a slurmd for each node.

Everything uses a temporary folder and free ports, and ends with the test.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from tests.servers import free_port, until

# Debian has the daemons in /usr/sbin, which may not be on PATH.
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"

# Like sites, with a MaxTime, and a prolog that prints into every task's output; with short times,
# so that the ends of jobs are reported within a test.
_CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
CredType=cred/munge
CommunicationParameters=NoAddrCache
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool-%n
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd-%n.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={root}/prolog
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1
ReturnToService=2
SlurmdTimeout=20
KillWait=4
MessageTimeout=3
OverTimeLimit=0
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=120 DefaultTime=60 State=UP
PartitionName=small Nodes=ALL MaxTime=5 State=UP
"""


class Cluster:
    """Two nodes of two CPUs each, called "n1" and "n2", both this machine."""

    nodes = ("n1", "n2")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.configuration = root / "slurm.conf"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which Slurm's commands find it."""
        return {"SLURM_CONF": str(self.configuration), "PATH": _PATH}

    # -- its daemons

    def start(self) -> None:
        """Start it; skips the test, with the reason, if that is impossible."""
        for name in ("munged", "mungekey", "slurmctld", "slurmd", "sbatch"):
            if shutil.which(name, path=_PATH) is None:
                pytest.skip(f"Slurm cannot be started: there is no {name}")
        if os.getuid() != 0:
            pytest.skip("Slurm cannot be started: slurmd has to be root")
        self._configure()
        self._run("munged", "--foreground", "--force", *self._munge_files())
        self._await("munged", (self.root / "munge.socket").exists)
        self.start_controller()
        for node in self.nodes:
            self.start_node(node)
        self._await("slurmctld", lambda: self.states() == ["idle", "idle"])

    def start_controller(self) -> None:
        self._run("slurmctld", "-D")
        self._await("slurmctld", lambda: "UP" in self.says("scontrol", "ping"))

    def start_node(self, name: str) -> None:
        self._run("slurmd", "-D", "-N", name, key=name)

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a daemon ("munged", "slurmctld", or a node's name)."""
        daemon = self._daemons.pop(name)
        daemon.send_signal(number)
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait(10)

    def stop(self) -> None:
        """End all daemons in reverse order, and remaining steps of nodes."""
        for name in list(self._daemons)[::-1]:
            self.end(name)
        for step in self.steps():
            with contextlib.suppress(psutil.Error):
                for process in [*step.children(recursive=True), step]:
                    process.kill()
        until(lambda: not self.steps(), "the steps to be gone")

    def steps(self) -> list[psutil.Process]:
        """Return the slurmstepd of every running step: they outlive a slurmd."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.name() == "slurmstepd" and self._is_ours(process):
                    found.append(process)
        return found

    def _is_ours(self, process: psutil.Process) -> bool:
        # Slurm overwrites the start of its environment with titles.
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        return f"SLURM_CONF={self.configuration}".encode() in environment.split(b"\0")

    # -- what it says

    def says(self, *command: str) -> str:
        """Run one of Slurm's commands; return its output."""
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        return done.stdout.decode()

    def states(self) -> list[str]:
        """Return the state of each node, as in sinfo(1)."""
        return self.says("sinfo", "--noheader", "--Node", "--partition=main", "--format=%T").split()

    def jobs(self) -> list[str]:
        """Return the ids of the jobs that are pending, running or ending."""
        return self.says("squeue", "--noheader", "--format=%i").split()

    def job(self, identifier: str, field: str) -> str:
        """Return one field of a job, also an ended one, in squeue(1)'s format."""
        fields = ["squeue", "--noheader", "--states=all", f"--jobs={identifier}"]
        return self.says(*fields, f"--format={field}").strip()

    def fill(self) -> list[str]:
        """Keep every node busy; return the jobs."""
        command = ["sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap=sleep 99"]
        fillers = [self.says(*command) for _ in self.nodes]
        until(lambda: self.states() == ["allocated", "allocated"], "the nodes to be busy", 20)
        return [filler.strip() for filler in fillers]

    # -- events of jobs

    def cancel_all(self) -> None:
        """End every job, and wait until all nodes are idle."""
        if "slurmctld" not in self._daemons:
            self.start_controller()
        self.says("scancel", "--user=root")
        # A node may report to a restarted controller only after a minute.
        until(lambda: self.states() == ["idle"] * len(self.nodes), "idle nodes", 90)

    def ends_in(self, job: str, seconds: float) -> None:
        """Set a job's end to ``seconds`` from now."""
        end = datetime.now() + timedelta(seconds=seconds)
        self.says("scontrol", "update", f"JobId={job}", f"EndTime={end:%Y-%m-%dT%H:%M:%S}")

    @contextmanager
    def without(self, node: str) -> Iterator[None]:
        """Run the block with a failed node: slurmd killed, state DOWN."""
        self.end(node, signal.SIGKILL)
        self.says("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=failed")
        try:
            yield
        finally:
            for process in self.steps():
                process.kill()
            self.start_node(node)
            self.says("scontrol", "update", f"NodeName={node}", "State=RESUME")

    @contextmanager
    def without_controller(self) -> Iterator[None]:
        """Run the block without the controller."""
        self.end("slurmctld")
        try:
            yield
        finally:
            self.start_controller()

    # -- its parts

    def _configure(self) -> None:
        (self.root / "state").mkdir()
        nodes = [
            f"NodeName={name} NodeAddr=127.0.0.1 NodeHostname={_host()} Port={free_port()} "
            "CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=1000"
            for name in self.nodes
        ]
        self.configuration.write_text(
            _CONFIGURATION.format(
                host=_host(), port=free_port(), root=self.root, nodes="\n".join(nodes)
            )
        )
        prolog = self.root / "prolog"
        prolog.write_text("#!/bin/sh\necho print Welcome to the node.\n")
        prolog.chmod(0o755)
        subprocess.run(
            ["mungekey", "--create", f"--keyfile={self.root}/munge.key"],
            env={**os.environ, "PATH": _PATH},
            check=True,
        )

    def _munge_files(self) -> list[str]:
        return [
            f"--socket={self.root}/munge.socket",
            f"--key-file={self.root}/munge.key",
            f"--pid-file={self.root}/munged.pid",
            f"--seed-file={self.root}/munged.seed",
            f"--log-file={self.root}/munged.log",
        ]

    def _run(self, *command: str, key: str = "") -> None:
        name = key or command[0]
        with (self.root / f"{name}.out").open("ab") as output:
            self._daemons[name] = subprocess.Popen(
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _await(self, name: str, condition: object) -> None:
        def there() -> bool:
            ended = self._daemons[name].poll()
            if ended is not None:
                pytest.skip(f"Slurm cannot be started: {name} ended\n{self.log()}")
            assert callable(condition)
            return bool(condition())

        try:
            until(there, name, 30)
        except AssertionError:
            pytest.skip(f"Slurm cannot be started: {name} is not ready\n{self.log()}")

    def log(self) -> str:
        """Return the ends of all logs."""
        texts = {
            path.name: path.read_text(errors="replace")[-2000:]
            for path in sorted(self.root.iterdir())
            if path.suffix in (".log", ".out")
        }
        return "\n".join(f"---- {name}\n{text}" for name, text in texts.items() if text)


def _host() -> str:
    return socket.gethostname().split(".")[0]


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster; skips the test where it cannot be started."""
    # Munge refuses folders that others can write to.
    root = Path(tempfile.mkdtemp(prefix="jdt-slurm-", dir="/run"))
    root.chmod(0o755)
    cluster = Cluster(root)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)
