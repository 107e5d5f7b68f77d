"""Jupyter servers for tests, each with its own process and folders.

``running()`` starts one and, at the end, asserts that nothing of it is left. All processes that it
started are found by a mark in their environment.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests import programs, users

TOKEN = "a-token-for-tests"
XSTARTUP = Path(__file__).parent / "xstartup"

_MARK = "JUPYTER_DESKTOP_TEST"
_X_SOCKETS = Path("/tmp/.X11-unix")
# Without these extensions the plain server starts in half the time.
_WITHOUT = dict.fromkeys(
    ("jupyterlab", "jupyter_lsp", "notebook_shim", "jupyter_server_terminals"), False
)
_APPLICATIONS = {
    "server": ["-m", "jupyter_server", f"--ServerApp.jpserver_extensions={_WITHOUT}"],
    "lab": ["-m", "jupyterlab"],
    "desktop": ["-c", "from jupyter_desktop.app import main; main()"],
}
# Variables of the desktop or Jupyter server in which the tests themselves run.
_NOT_INHERITED = ("JUPYTER", "JPY_", "XDG_", "DBUS_", "DISPLAY", "WAYLAND_", "XAUTHORITY")

_T = TypeVar("_T")


# With "[]" mypy 2 cannot infer the type of a lambda with a loop's variable as a default.
def until(condition: Callable[..., _T | None], what: str, seconds: float = 15) -> _T:
    """Return the first true value of ``condition``; fail with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.01)


def facts(
    processes: Iterable[psutil.Process], ask: Callable[[psutil.Process], _T]
) -> dict[psutil.Process, _T]:
    """Return the result of ``ask`` for each process that has not ended meanwhile."""
    found = {}
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            found[process] = ask(process)
    return found


def named(processes: Iterable[psutil.Process], name: str) -> list[psutil.Process]:
    """Return the processes whose program has that name."""
    names = facts(processes, psutil.Process.name)
    return [process for process in names if names[process] == name]


def free_port() -> int:
    """Return an unused TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any,
    headers: Mapping[str, str],
) -> Answer:
    """Send a request and close the connection; ``body`` is sent as JSON unless it is bytes."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1 and localhost, and its key."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.timezone.utc)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        pair = cls(folder / "certificate.pem", folder / "key.pem")
        pair.certificate.write_bytes(made.public_bytes(pem))
        pair.key.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return pair

    def context(self) -> ssl.SSLContext:
        """Return a client's context that trusts it."""
        return ssl.create_default_context(cafile=str(self.certificate))


class JupyterServer:
    """A Jupyter server and its processes. Made by ``running``.

    ``url`` ends with the base URL's slash; ``home``, ``runtime`` and ``temporary`` are folders of
    its own.
    """

    def __init__(
        self,
        root: Path,
        base_url: str = "/",
        tls: bool = False,
        user: int | None = None,
        hidepid: str = "",
        *,
        within: Sequence[str] = (),
    ) -> None:
        self.root = root
        self._within = within
        self.user = user
        self._hidepid = hidepid
        self.home = root / "home"
        self.runtime = root / "run"
        self.temporary = root / "tmp"
        self.log_file = root / "server.log"
        self.mark = uuid.uuid4().hex
        self.port = free_port()
        self.base_url = base_url
        self.token = TOKEN
        self.certificate = Certificate.make(root) if tls else None
        self.context = self.certificate.context() if self.certificate else None
        self.process: subprocess.Popen[bytes]
        self._displays: dict[Path, int] = {}
        self._made = time.time()
        for folder in (self.home, self.runtime, self.temporary):
            folder.mkdir(mode=0o700)

    @property
    def owner(self) -> int:
        """``user`` of a server that belongs to another user."""
        assert self.user is not None
        return self.user

    def hand_over(self) -> None:
        """Make the server's user the owner of its folders."""
        if self.user is not None:
            for path in [self.root, *self.root.rglob("*")]:
                os.chown(path, self.user, self.user, follow_symlinks=False)

    @property
    def address(self) -> str:
        """Scheme, host and port: the server's origin."""
        return f"http{'s' if self.certificate else ''}://localhost:{self.port}"

    @property
    def url(self) -> str:
        return self.address + self.base_url

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    # -- the life of the server

    def start(
        self, application: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Start the server and wait until it answers."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._python(), *_APPLICATIONS[application], *self._arguments(), *arguments],
                cwd=self.root,
                env={**self.environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._identity(),
            )
        until(self._answers, f"a Jupyter server that answers; its log: {self.log_file}", 60)

    def ask_doctor(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Run ``jupyter desktop doctor`` as in a terminal of the server."""
        command = [*self._python(), *_APPLICATIONS["desktop"], "doctor", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**self.environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def signal(self, number: signal.Signals) -> None:
        self.note_displays()
        self.process.send_signal(number)

    def stop(self) -> None:
        """Send SIGTERM, and wait until the server has ended."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        self.process.wait(20)

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the Jupyter server ended:\n{self.log}"
        try:
            return self.call("GET", "api").status == 200
        except OSError:
            return False

    def _python(self) -> list[str]:
        if self.user is None:
            return [*self._within, sys.executable]
        python = [users.python()]
        return users.with_hidepid(self.user, self._hidepid, python) if self._hidepid else python

    def _identity(self) -> dict[str, Any]:
        # Only root can mount; the command changes the user afterwards.
        return {} if self.user is None or self._hidepid else users.become(self.user)

    def _arguments(self) -> list[str]:
        pair = self.certificate
        return [
            "--allow-root",
            "--no-browser",
            "--ServerApp.ip=localhost",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.base_url={self.base_url}",
            *([f"--certfile={pair.certificate}", f"--keyfile={pair.key}"] if pair else []),
        ]

    def environment(self) -> dict[str, str]:
        """Return the environment of its processes."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
        }
        return {
            **inherited,
            **({} if self.user is None else users.environment()),
            _MARK: self.mark,
            "JUPYTER_TOKEN": self.token,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "JUPYTER_CONFIG_DIR": str(self.home / ".jupyter"),
            "JUPYTER_DATA_DIR": str(self.home / ".local" / "share" / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "jupyter-runtime"),
        }

    # -- what it says

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Send a request to ``path`` below the base URL; ``body`` is JSON unless it is bytes."""
        sent = {"Authorization": f"token {token}"} if token else {}
        connection = self.connection(timeout)
        return ask(connection, method, self.base_url + path, body, {**sent, **(headers or {})})

    def connection(self, timeout: float = 30) -> http.client.HTTPConnection:
        if self.context:
            return http.client.HTTPSConnection(
                "localhost", self.port, timeout=timeout, context=self.context
            )
        return http.client.HTTPConnection("localhost", self.port, timeout=timeout)

    # -- its desktops

    def session(self, name: str = "default") -> dict[str, Any]:
        """Return the API's description of a desktop."""
        answer: dict[str, Any] = self.call("GET", f"desktop/api/sessions/{name}").json
        return answer

    def start_desktop(
        self, name: str = "default", state: str = "running", **asked: str
    ) -> dict[str, Any]:
        """Start a desktop with the options ``asked``, and wait until it is in ``state``.

        Skips the test if the distribution does not have the display server.
        """
        if asked.get("backend") == "xpra":
            programs.require("xpra")
        answer = self.call("POST", "desktop/api/sessions", {"name": name, **asked})
        assert answer.status in (200, 201), answer.body
        return self.wait_for(state, name)

    def wait_for(self, state: str, name: str = "default", seconds: float = 45) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            session = self.session(name)
            final = session["state"] in ("failed", "stopped")
            assert session["state"] == state or not final, f"{session}\n{self.log}"
            return session if session["state"] == state else None

        session = until(reached, f"desktop {name!r} to be {state}", seconds)
        self.note_displays()
        return session

    def ticket(self, name: str = "default", client: str = "") -> dict[str, Any]:
        answer = self.call("POST", f"desktop/api/sessions/{name}/ticket", {"client": client})
        assert answer.status == 200, answer.body
        ticket: dict[str, Any] = answer.json
        return ticket

    # -- its processes, and what they leave

    def processes(self, *words: str) -> list[psutil.Process]:
        """Return its processes, the server's included, that have all ``words`` in their command."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.mark:
                    line = " ".join(process.cmdline())
                    if process.status() != psutil.STATUS_ZOMBIE and all(w in line for w in words):
                        found.append(process)
            except (psutil.Error, OSError):
                continue  # it ended meanwhile, or is another user's
        return found

    def process_of(self, *words: str) -> psutil.Process:
        """Return its only process with ``words`` in its command."""
        (process,) = self.processes(*words)
        return process

    def process_named(self, name: str) -> psutil.Process:
        """Return one of its processes whose program has that name."""
        return named(self.processes(), name)[0]

    def note_displays(self) -> None:
        """Remember the server's X displays, to look for remains of them later."""
        own = {process.pid for process in self.processes()}
        for lock in Path("/tmp").glob(".X*-lock"):
            with contextlib.suppress(OSError):
                # An older lock is of a killed X server whose process id was reused.
                recent = lock.lstat().st_mtime >= self._made
                holder = lock_holder(lock)
                if recent and holder in own:
                    self._displays[lock] = holder

    def displays(self) -> list[str]:
        """Return the server's X displays, such as ":7"."""
        self.note_displays()
        return [f":{_number(lock)}" for lock in self._locks()]

    def _locks(self) -> list[Path]:
        return [lock for lock, pid in self._displays.items() if lock_holder(lock) == pid]

    def left_behind(self) -> list[str]:
        """Return everything that an ended server has left."""
        processes = [f"process {process.pid}" for process in self.processes()]
        locks = [str(lock) for lock in self._locks()]
        sockets = [
            str(socket_)
            for lock in self._displays
            # If the number has a new lock, the socket is another server's.
            if (socket_ := _X_SOCKETS / f"X{_number(lock)}").exists() and not lock.exists()
        ]
        folders = [
            str(path) for base in (self.runtime, self.temporary) for path in base.glob("jd-*")
        ]
        return processes + locks + sockets + folders + [str(path) for path in self.job_outputs()]

    def job_outputs(self) -> list[Path]:
        """Return the output files of its jobs."""
        return list((self.home / "jupyter-runtime").glob("desktop-job-*"))

    def assert_nothing_left(self, seconds: float = 5, besides: str = "") -> None:
        """Fail if anything but ``besides`` is left of the server after ``seconds``."""
        deadline = time.monotonic() + seconds
        while (left := set(self.left_behind()) - {besides}) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left, f"left behind: {left}"

    def end_the_rest(self) -> None:
        """Kill processes that a failed test has left."""
        without_mark = users.processes(self.user) if self.user else []
        for process in [*self.processes(), *without_mark]:
            with contextlib.suppress(psutil.Error):
                # Leave other servers of the same user alone.
                if process.environ().get(_MARK, self.mark) == self.mark:
                    process.kill()


def _number(lock: Path) -> str:
    return lock.name.removeprefix(".X").removesuffix("-lock")


def lock_holder(lock: Path) -> int | None:
    """Return the process id in the lock file of an X display; None if there is none.

    Another test may have put a trap there: a link to /dev/zero, a pipe without a writer.
    """
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return int(os.read(descriptor, 20))
    except (OSError, ValueError):
        return None
    finally:
        os.close(descriptor)


@contextmanager
def running(
    *arguments: str,
    application: str = "server",
    base_url: str = "/",
    tls: bool = False,
    user: int | None = None,
    hidepid: str = "",
    within: Sequence[str] = (),
    start_script: str | Path = XSTARTUP / "openbox",
    environment: Mapping[str, str] | None = None,
    prepare: Callable[[JupyterServer], None] = lambda server: None,
    check: bool = True,
) -> Iterator[JupyterServer]:
    """Run a Jupyter server with the extension; afterwards assert that it has left nothing.

    ``application`` is "server", "lab" or "desktop"; ``arguments`` are added to its command line,
    ``environment`` to its environment. ``prepare`` is called before it starts (to put files into
    its home, for example). ``start_script`` is the setting; empty for the usual search. ``user`` is
    the user id of the server if it is not this process's; its /proc is mounted with ``hidepid``
    (proc(5)). ``within`` is a command that runs its Python. Skips the test if the distribution does
    not have the display server that is set.
    """
    if "--DesktopApp.backend=xpra" in arguments:
        programs.require("xpra")
    # Short, since the path of a Unix socket has at most 107 bytes.
    root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp"))
    server = JupyterServer(root, base_url, tls, user, hidepid, within=within)
    try:
        prepare(server)
        server.hand_over()
        script = [f"--DesktopApp.start_script={start_script}"] if start_script else []
        server.start(application, [*script, *arguments], environment or {})
        yield server
        server.stop()
        if check:
            server.assert_nothing_left()
    except BaseException:
        if server.log_file.exists():
            print(f"---- log of the Jupyter server\n{server.log[-8000:]}")
        raise
    finally:
        server.end_the_rest()
        shutil.rmtree(root, ignore_errors=True)
