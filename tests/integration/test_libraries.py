"""Jupyter in an environment, such as conda's, whose libraries break the system's programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from tests.integration.test_doctor import doctor, user  # noqa: F401  a fixture
from tests.integration.test_xstartup import autostart
from tests.servers import JupyterServer, running, until

# Libraries of the X servers, GTK, Xpra, and D-Bus.
NAMES = ("libpixman-1.so.0", "libgobject-2.0.so.0", "libdbus-1.so.3")
TERMINALS = ("xfce4-terminal", "xterm")
WRITES_ENVIRONMENT = 'env >"$HOME/of-$1"; mv "$HOME/of-$1" "$HOME/told-$1"'


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with libraries of those names that lack the expected symbols."""
    folder = tmp_path_factory.mktemp("conda") / "lib"
    folder.mkdir()
    other = next(Path(psutil.__file__).parent.glob("_psutil_linux*.so"))
    for name in NAMES:
        shutil.copy(other, folder / name)
    return folder


def environment(libraries: Path) -> dict[str, str]:
    return {"LD_LIBRARY_PATH": str(libraries), "SHELL": "/bin/bash"}


def told(server: JupyterServer, program: str) -> dict[str, str]:
    """Return the environment that ``program`` has written into the home."""
    file = server.home / f"told-{program}"
    until(file.exists, f"{program} to be run", 60)
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


def runs_without(server: JupyterServer, names: Sequence[str]) -> None:
    for name in names:
        process = server.process_named(name)
        assert not process.environ().get("LD_LIBRARY_PATH"), name


def log(server: JupyterServer, name: str) -> str:
    (file,) = server.runtime.glob(f"jd-*/{name}.log")
    return file.read_text(errors="replace")


def test_only_shells_of_the_desktop_get_ld_library_path(libraries: Path) -> None:
    def prepare(server: JupyterServer) -> None:
        for terminal in TERMINALS:
            autostart(server.home / ".config/autostart", terminal, terminal)
        own = f"set -- $(ps -o comm= $PPID)\n{WRITES_ENVIRONMENT}\n"
        (server.home / ".bashrc").write_text(own)

    with running(
        start_script="xfce", environment=environment(libraries), prepare=prepare
    ) as server:
        server.start_desktop()
        for terminal in TERMINALS:
            assert told(server, terminal)["LD_LIBRARY_PATH"] == str(libraries)
            assert told(server, terminal)["SHELL"] == "/bin/bash"
        runs_without(server, ("Xtigervnc", "dbus-daemon", "xfce4-session", "xfwm4", *TERMINALS))
        unfit = "of LD_LIBRARY_PATH does not fit"
        assert f"{libraries}/{NAMES[0]} {unfit} /usr/bin/Xtigervnc" in log(server, "display-server")
        assert f"{libraries}/{NAMES[2]} {unfit} dbus-run-session" in log(server, "start-script")


@pytest.mark.needs("xpra")
def test_an_application_gets_ld_library_path_and_xpra_does_not(libraries: Path) -> None:
    def prepare(server: JupyterServer) -> None:
        script = server.home / "application"
        script.write_text(
            f"set -- application\n{WRITES_ENVIRONMENT}\nLD_LIBRARY_PATH= exec xterm\n"
        )
        folder = server.home / ".jupyter" / "desktop" / "applications"
        folder.mkdir(parents=True)
        entry = {"title": "Mine", "command": ["sh", str(script)], "backend": "xpra"}
        (folder / "mine.json").write_text(json.dumps(entry))

    with running(environment=environment(libraries), prepare=prepare) as server:
        server.start_desktop("mine", application="mine")
        assert told(server, "application")["LD_LIBRARY_PATH"] == str(libraries)
        runs_without(server, ("openbox",))
        xpra = server.process_of("xpra/guard.py")
        assert not xpra.environ().get("LD_LIBRARY_PATH")


def test_a_display_server_with_a_late_symbol_error_is_started_again(
    libraries: Path, tmp_path: Path
) -> None:
    """With lazy binding the server can still print its version."""
    late = tmp_path / "Xlate"
    late.write_text(
        "#!/bin/sh\n"
        '[ "$1" = -version ] && exec env LD_LIBRARY_PATH= Xtigervnc -version\n'
        'exec Xtigervnc "$@"\n'
    )
    late.chmod(0o755)
    arguments = f"--DesktopApp.display_server={late}"
    with running(arguments, start_script="openbox", environment=environment(libraries)) as server:
        server.start_desktop()
        assert "symbol lookup error: " in log(server, "display-server")
        assert "The display server runs without LD_LIBRARY_PATH" in log(server, "display-server")


def test_a_user_s_start_script_keeps_ld_library_path_and_its_failure_is_explained(
    libraries: Path, tmp_path: Path
) -> None:
    """It is the user's program and gets the user's libraries; the failure is explained."""
    script = tmp_path / "xstartup"
    script.write_text("exec dbus-run-session -- xfce4-session\n")
    with running(start_script=script, environment=environment(libraries)) as server:
        server.call("POST", "desktop/api/sessions")
        until(lambda: server.session()["state"] == "failed", "it to fail", 60)
        error = server.session()["error"]
        assert "unfit for a program: dbus-run-session: symbol lookup error" in error["message"]
        assert "unset LD_LIBRARY_PATH in your start script" in error["remedy"]


def test_the_doctor_names_variable_and_library(
    user: JupyterServer,  # noqa: F811
    libraries: Path,
) -> None:
    report = doctor(user, "--no-trial", "--json", LD_LIBRARY_PATH=str(libraries))
    (finding,) = report.about("libraries")
    assert finding["state"] == "note"
    assert finding["facts"]["variables"] == ["LD_LIBRARY_PATH"]
    assert f"{libraries}/{NAMES[0]}" in finding["found"]
