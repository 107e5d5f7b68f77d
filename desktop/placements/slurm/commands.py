"""Slurm's commands: what they are called with, and running them."""

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

COMMAND_TIMEOUT = 60.0  # seconds; they try again by themselves where the controller does not answer

# In turn: options of another job in which Jupyter may run, or for people who type these commands;
# what is of this machine and this login; and what Slurm should not keep in files of its own.
_DROPPED = re.compile(
    r"(SLURM|SRUN|SALLOC|SQUEUE|SCANCEL)_.*|SBATCH_(WAIT|ARRAY).*"
    r"|SBATCH_CLUSTERS"
    r"|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_.*|XDG_(RUNTIME|SESSION|SEAT|VTNR).*|SSH_.*"
    r"|TMPDIR|TMP|TEMP"
    r"|JUPYTER_TOKEN|JUPYTERHUB_.*|JPY_.*|CONFIGPROXY_.*"
)
_KEPT = "SLURM_CONF"

# A Python on the nodes may be another one, which has no such file.
_RELAY = inspect.getsource(stdio)


class CommandFailed(Exception):
    """One of Slurm's commands failed; its text is what the command said."""


@dataclass(frozen=True)
class Script:
    """The job's script: a session for the process that connects to the socket ``name``."""

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
    """Return what of our ``own`` environment is of use to Slurm's commands, and in a job."""
    return {
        name: value for name, value in own.items() if name == _KEPT or not _DROPPED.fullmatch(name)
    }


def sbatch(name: str, arguments: Sequence[str], output: Path) -> list[str]:
    """Return the command that takes a job's script on its standard input.

    ``name`` is the job's: no other has it, so that the job is found where the command failed.
    """
    return [
        "sbatch",
        "--parsable",
        "--nodes=1",
        "--ntasks=1",
        # What was on the desktop does not come back with it.
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
    """Return the job of which sbatch(1) ``printed`` the id, after whatever a site's own may say.

    Raises ``CommandFailed`` where it is none, or one of another cluster, which is not asked for.
    """
    last = (printed.split() or [""])[-1]
    if not re.fullmatch("[0-9]{1,20}", last):
        raise CommandFailed(f"sbatch printed {last[:80]!r} instead of a job's id")
    return last


def srun(job: str, python: str, timeout: float = 0) -> list[str]:
    """Return the command whose standard input and output are those of a Unix socket.

    It is a step beside the job's own work, of which it takes nothing; see ``reaching``.
    """
    return [
        *("srun", f"--jobid={job}", "--overlap", "--nodes=1", "--ntasks=1"),
        *("--unbuffered", "--quiet", "--mpi=none", "--chdir=/"),
        *("--cpu-bind=none", "--mem=0", "--gres=none"),
        *(python, "-I", "-S", "-c", _RELAY, f"{timeout:g}"),
    ]


def reaching(address: str) -> dict[str, str]:
    """Return the environment in which ``srun`` leads to the Unix socket ``address``."""
    return {**environment(os.environ), stdio.ADDRESS: address}


async def run(
    command: Sequence[str], text: str = "", timeout: float = COMMAND_TIMEOUT, **extra: str
) -> str:
    """Return what one of Slurm's commands prints, ``timeout`` seconds from now at most.

    ``text`` is its standard input, and ``extra`` is added to its environment.
    Raises ``CommandFailed``, and ``FileNotFoundError`` where there is none of that name.
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
