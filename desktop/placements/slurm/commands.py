"""Slurm's commands: their arguments and environment, and running them."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from ...system import spawn
from . import stdio
from .inside import SOCKET_NAME

COMMAND_TIMEOUT = 60.0  # seconds; the commands retry if the controller does not answer

# In turn: variables of a job in which Jupyter may run, or with options for interactive use;
# variables of this machine and login; and secrets, which Slurm would keep in its files.
_DROPPED = re.compile(
    r"(SLURM|SRUN|SALLOC|SQUEUE|SCANCEL)_.*|SBATCH_(WAIT|ARRAY).*"
    r"|SBATCH_CLUSTERS"
    r"|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_.*|XDG_(RUNTIME|SESSION|SEAT|VTNR).*|SSH_.*"
    r"|TMPDIR|TMP|TEMP"
    r"|JUPYTER_TOKEN|JUPYTERHUB_.*|JPY_.*|CONFIGPROXY_.*"
)
_KEPT = "SLURM_CONF"

# As text: a Python on the nodes may be another one, without this package.
_RELAY = inspect.getsource(stdio)


class CommandFailed(Exception):
    """One of Slurm's commands failed; the text is what it printed."""


@dataclass(frozen=True)
class Script:
    """The job's script: a session for the process that connects to the abstract socket ``name``."""

    name: str
    python: str
    setup: str
    timeout: float  # seconds to wait for a connection; then the job ends
    command: Sequence[str]

    def __str__(self) -> str:
        inside = [
            self.python,
            "-m",
            "jupyter_desktop.placements.slurm.inside",
            f"{self.timeout:g}",
        ]
        return (
            f"#!/bin/sh\n{self.setup}\nexport {SOCKET_NAME}={self.name}\n"
            f"exec {shlex.join([*inside, *self.command])}\n"
        )


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of our ``own`` environment for Slurm's commands and jobs."""
    return {
        name: value for name, value in own.items() if name == _KEPT or not _DROPPED.fullmatch(name)
    }


def sbatch(name: str, arguments: Sequence[str], output: Path) -> list[str]:
    """Return the command that reads a job's script on standard input.

    ``name`` is the job's, and unique, so that the job is found even if the command failed.
    """
    return [
        "sbatch",
        "--parsable",
        "--nodes=1",
        "--ntasks=1",
        # A requeued job would start with an empty desktop.
        "--no-requeue",
        "--export=ALL",
        "--chdir=/",
        f"--output={output}",
        *arguments,
        f"--job-name={name}",
    ]


def named(name: str) -> list[str]:
    """Return the arguments of scancel(1) for our job of this name."""
    return [f"--name={name}", f"--user={os.getuid()}"]


def job_id(printed: str) -> str:
    """Return the job's id, the last word that sbatch(1) ``printed``; a site's own may print more.

    Raises ``CommandFailed`` if there is none, or one with the name of a cluster.
    """
    last = (printed.split() or [""])[-1]
    if not re.fullmatch("[0-9]{1,20}", last):
        raise CommandFailed(f"sbatch printed {last[:80]!r} instead of a job's id")
    return last


def srun(job: str, python: str, timeout: float = 0) -> list[str]:
    """Return the command that connects its standard input and output to a Unix socket.

    It is a step beside the job's own work, without resources; see ``reaching``.
    """
    return [
        *("srun", f"--jobid={job}", "--overlap", "--nodes=1", "--ntasks=1"),
        *("--unbuffered", "--quiet", "--mpi=none", "--chdir=/"),
        *("--cpu-bind=none", "--mem=0", "--gres=none"),
        *(python, "-I", "-S", "-c", _RELAY, f"{timeout:g}"),
    ]


def reaching(address: str) -> dict[str, str]:
    """Return the environment in which ``srun`` connects to the Unix socket ``address``."""
    return {**environment(os.environ), stdio.ADDRESS: address}


async def run(
    command: Sequence[str], text: str = "", timeout: float = COMMAND_TIMEOUT, **extra: str
) -> str:
    """Run one of Slurm's commands, for ``timeout`` seconds at most, and return its output.

    ``text`` is its standard input, and ``extra`` is added to its environment.
    Raises ``CommandFailed``, or ``FileNotFoundError`` if the command is not installed.
    """
    process = await spawn.start_followed(
        command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        environment={**environment(os.environ), **extra},
    )
    try:
        printed, said = await asyncio.wait_for(process.communicate(text.encode()), timeout)
    except asyncio.TimeoutError:
        raise CommandFailed(f"{command[0]} has not answered for {timeout:g} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise CommandFailed(said.decode(errors="replace").strip() or f"{command[0]} failed")
    return printed.decode(errors="replace")
