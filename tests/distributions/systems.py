"""Debian systems in folders, made with mmdebstrap, like newly installed machines.

Each has its own files, processes, /proc and /dev/shm, and this machine's network: a browser here
can open its servers, and its apt, pip and npm use this machine's settings. It ends with the test,
also if that is killed: it runs as long as a pipe is open.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import machine
from tests.servers import until

# Packages that the README requires, and those that every installed Debian has.
_PACKAGES = ("ca-certificates", "git", "make", "python3", "sudo")
_OPTIONS = (
    *("--variant=minbase", f"--include={','.join(_PACKAGES)}"),
    # Files that only cost time.
    *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
    "--dpkgopt=force-unsafe-io",
    '--aptopt=Acquire::Languages "none"',
)
_MADE = machine.REPOSITORY / "build" / "distributions"

# The first process of a system. It changes the root with pivot_root(2), since a chroot(2) prevents
# user namespaces. It reaps orphans, and ends with its standard input.
_FIRST = """
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /sys "$0/sys"
mount --rbind /dev "$0/dev"
mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
cd "$0"
pivot_root . mnt
exec chroot . sh -c 'umount -l /mnt; exec 3<&0; echo up; cat <&3 & wait'
"""
_NAMESPACES = ("--mount", "--pid", "--ipc")


@dataclass(frozen=True)
class User:
    """A user of a system, root or with sudo."""

    name: str

    @property
    def home(self) -> str:
        return "/root" if self.name == "root" else f"/home/{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a login."""
        folders = ["/usr/local/bin", "/usr/bin", "/bin"]
        if self.name == "root":
            folders += ["/usr/local/sbin", "/usr/sbin", "/sbin"]
        return {
            "HOME": self.home,
            "USER": self.name,
            "LOGNAME": self.name,
            "SHELL": "/bin/bash",
            "PATH": ":".join(folders),
            "LANG": "C.UTF-8",
        }


class System:
    """A Debian of one release. Made by ``running_system``."""

    def __init__(self, root: Path, user: User) -> None:
        self.root = root
        self.user = user
        self._started: subprocess.Popen[str]
        self._first: psutil.Process
        self._lifeline: psutil.Process

    def inside(self, path: str) -> Path:
        """Return the path of a system's file on this machine."""
        return self.root / path.lstrip("/")

    @property
    def home(self) -> Path:
        """The user's home, as a path on this machine."""
        return self.inside(self.user.home)

    def start(self) -> None:
        """Start its first process; skips the test if that is impossible."""
        command = ["unshare", *_NAMESPACES, "--fork", "--kill-child", "sh", "-euc", _FIRST]
        self._started = subprocess.Popen(
            [*command, str(self.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._started.stdout
        if self._started.stdout.readline() != "up\n":
            _, problem = self._started.communicate()
            pytest.skip(f"no system can be started in a folder here: {problem}")
        (self._first,) = psutil.Process(self._started.pid).children()
        (self._lifeline,) = until(self._first.children, "a process that keeps the system up")

    def stop(self) -> None:
        """End all of its processes and mounts."""
        self._started.communicate()

    def command(
        self,
        *command: str,
        user: User | None = None,
        folder: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Return a command that runs ``command`` there as in a login of ``user``."""
        user = user or self.user
        told = {**user.environment, **machine.proxies(), **(environment or {})}
        return [
            *("nsenter", f"--target={self._first.pid}", *_NAMESPACES, "--", "setsid", "--wait"),
            *("setpriv", f"--reuid={user.name}", f"--regid={user.name}", "--init-groups", "--"),
            *("env", "--ignore-environment", f"--chdir={folder or user.home}"),
            *(f"{name}={value}" for name, value in told.items()),
            *command,
        ]

    def run(self, *command: str, seconds: float = 60, **options: Any) -> str:
        """Run ``command`` there; return its output. ``options`` are those of ``command()``."""
        ran = subprocess.run(
            self.command(*command, **options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert ran.returncode == 0, f"{' '.join(command)}: {ran.returncode}\n{ran.stdout[-4000:]}"
        return ran.stdout

    def processes(self) -> list[psutil.Process]:
        """Return its processes, except the first one and its lifeline."""
        own = self._namespace(self._first)
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                # An ended process has no namespace.
                if self._namespace(process) == own and not self._is_own(process):
                    found.append(process)
        return found

    def orphans(self) -> list[psutil.Process]:
        """Return the processes whose parents have ended."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                if process.ppid() == self._first.pid:
                    found.append(process)
        return found

    @staticmethod
    def _namespace(process: psutil.Process) -> Path:
        return Path(f"/proc/{process.pid}/ns/pid").readlink()

    def _is_own(self, process: psutil.Process) -> bool:
        return process in (self._first, self._lifeline)


@contextmanager
def running_system(suite: str, user: str) -> Iterator[System]:
    """Make and run a system of a Debian release with a user; skips if that is impossible."""
    if os.getuid() != 0:
        pytest.skip("only root can start a system in a folder")
    root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/var/tmp"))
    system = System(root, User(user))
    try:
        _unpack(_archive(suite), root)
        _set_up(system)
        system.start()
        try:
            if user != "root":
                _add(system)
            yield system
        finally:
            system.stop()
    finally:
        shutil.rmtree(root)


def _archive(suite: str) -> Path:
    """Return the archive of a release; made once a day, or after a change of its options."""
    mirror = machine.apt_mirror("debian")
    if mirror is None:
        pytest.skip("this distribution's apt knows no mirror of Debian")
    # Debian testing changes daily.
    today = datetime.date.today().isoformat()
    made_of = repr([suite, mirror, today, _OPTIONS, machine.apt_settings()])
    archive = _MADE / f"{suite}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.tar"
    _MADE.mkdir(parents=True, exist_ok=True)
    with (_MADE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            for older in _MADE.glob(f"{suite}-*.tar"):
                older.unlink()
            _make(suite, mirror, archive)
    return archive


def _make(suite: str, mirror: str, archive: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        settings.write(machine.apt_settings())
        settings.flush()
        unfinished = archive.with_suffix(".unfinished.tar")
        _do(["mmdebstrap", *_OPTIONS, f"--aptopt={settings.name}", suite, str(unfinished), mirror])
        unfinished.rename(archive)


def _unpack(archive: Path, root: Path) -> None:
    _do(["tar", "--extract", "--numeric-owner", f"--file={archive}", f"--directory={root}"])
    root.chmod(0o755)


def _set_up(system: System) -> None:
    """Write this machine's network settings, and those for mirrors and registries."""
    files = machine.client_files(system.user.home)
    files["/etc/resolv.conf"] = Path("/etc/resolv.conf").read_bytes()
    # sudo resolves the machine's name.
    hosts = Path("/etc/hosts").read_text() + f"\n127.0.1.1 {socket.gethostname()}\n"
    files["/etc/hosts"] = hosts.encode()
    for name, data in files.items():
        path = system.inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _add(system: System) -> None:
    name, home = system.user.name, system.user.home
    root = User("root")
    system.run("useradd", "--shell=/bin/bash", f"--home-dir={home}", name, user=root)
    system.inside(f"/etc/sudoers.d/{name}").write_text(f"{name} ALL=(ALL) NOPASSWD: ALL\n")
    own(system, home)


def own(system: System, folder: str) -> None:
    """Make the user the owner of a folder and its contents."""
    name = system.user.name
    system.run("chown", "--recursive", f"{name}:{name}", folder, user=User("root"))


def _do(command: Sequence[str]) -> None:
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert ran.returncode == 0, f"{command[0]}: {ran.stdout[-4000:]}"
