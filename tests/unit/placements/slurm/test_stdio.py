"""The relay on a node and the program of a job, as real processes."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_desktop.placements.slurm import commands, stdio
from jupyter_desktop.placements.slurm.inside import SOCKET_NAME
from tests import pipes, users
from tests.servers import until


def relay(address: str, patience: float = 0) -> subprocess.Popen[bytes]:
    # As on a node where this package is not installed.
    srun = commands.srun("7", sys.executable, patience)
    command = srun[srun.index(sys.executable) :]
    assert stdio.__file__ not in command
    assert address not in command
    assert "".join(command).isascii()
    return subprocess.Popen(
        command,
        env=commands.reaching(address),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def listener(address: str | bytes) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    made.listen()
    made.settimeout(10)
    return made


def test_bytes_go_both_ways_until_the_socket_ends(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with listener(path) as server, relay(path) as process:
        connection, _ = server.accept()
        assert pipes.stdout(process).read(len(stdio.READY)) == stdio.READY
        sent = os.urandom(3 << 20)
        with connection:
            pipes.stdin(process).write(b"to you")
            pipes.stdin(process).flush()
            assert connection.recv(100) == b"to you"
            server.settimeout(None)
            pid = os.fork()
            if pid == 0:
                connection.sendall(sent)
                os._exit(0)
            assert pipes.stdout(process).read(len(sent)) == sent
            os.waitpid(pid, 0)
        assert pipes.stdout(process).read() == b""
        assert process.wait(10) == 0


def test_the_end_of_the_input_is_passed_on_and_an_answer_still_comes(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with listener(path) as server, relay(path) as process:
        connection, _ = server.accept()
        pipes.stdin(process).close()
        assert connection.recv(100) == b""
        connection.sendall(b"last words")
        connection.close()
        assert pipes.stdout(process).read() == stdio.READY + b"last words"


def test_the_relay_waits_for_the_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with relay(path, patience=20) as process, listener(path) as server:
        connection, _ = server.accept()
        assert pipes.stdout(process).read(len(stdio.READY)) == stdio.READY
        connection.close()


def test_without_a_listener_the_relay_reports_an_error(tmp_path: Path) -> None:
    with relay(str(tmp_path / "socket")) as process:
        assert pipes.stdout(process).read() == b""
        assert b"No process listens there" in pipes.stderr(process).read()
        process.wait(10)


def test_another_user_at_the_name_of_the_socket_receives_nothing() -> None:
    # Skips the test where other users have no Python; a skip in the thread below would be lost.
    users.python()
    name = secrets.token_hex(8)
    squatter = f"""
import socket
with socket.socket(socket.AF_UNIX) as server:
    server.bind("\\x00{name}")
    server.listen()
    server.settimeout(20)
    print(server.accept()[0].recv(100))
"""
    with ThreadPoolExecutor() as pool:
        told = pool.submit(users.run, users.new(), squatter)
        with relay(f"@{name}", patience=20) as process:
            pipes.stdin(process).write(b"secret")
            pipes.stdin(process).close()
            assert b"another user" in pipes.stderr(process).read()
        assert told.result().stdout == "b''\n", told.result().stderr


def inside(name: str, patience: float, *command: str) -> subprocess.Popen[bytes]:
    line = [
        sys.executable,
        "-m",
        "jupyter_desktop.placements.slurm.inside",
        str(patience),
        *command,
    ]
    environment = {**os.environ, SOCKET_NAME: name}
    return subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def connected(name: str, process: subprocess.Popen[bytes]) -> socket.socket:
    """Connect as soon as ``process`` listens."""

    def attempt() -> socket.socket | None:
        assert process.poll() is None
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(f"\0{name}")
        except OSError:
            connection.close()
            return None
        return connection

    return until(attempt, "the job to listen")


def test_a_job_runs_its_command_on_the_first_connection() -> None:
    name = secrets.token_hex(8)
    with inside(name, 20, "cat") as process, connected(name, process) as connection:
        connection.sendall(b"there and back")
        connection.settimeout(10)
        assert connection.recv(100) == b"there and back"
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
        assert process.wait(10) == 0


def test_a_job_without_a_connection_ends() -> None:
    with inside(secrets.token_hex(8), 0.2, "cat") as process:
        assert b"There was no connection" in pipes.stdout(process).read()
        assert process.wait(10) == 1


def test_a_job_refuses_a_connection_of_another_user() -> None:
    name = secrets.token_hex(8)
    other = f"""
import socket
connection = socket.socket(socket.AF_UNIX)
connection.connect("\\x00{name}")
print(connection.recv(9))
"""
    with inside(name, 20, "echo", "hello") as process:
        listening = f"@{name}\n"
        until(lambda: listening in Path("/proc/net/unix").read_text(), "the job to listen")
        assert users.run(users.new(), other).stdout == "b''\n"
        assert process.poll() is None
        with connected(name, process) as connection:
            assert connection.recv(9) == b"hello\n"
