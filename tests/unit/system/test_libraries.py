"""Errors of loaders about libraries that do not fit, and the variables that programs get then."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_desktop.errors import StartFailed
from jupyter_desktop.session import failures, library_check, own_programs
from jupyter_desktop.system import libraries
from tests.servers import facts, named

PIXMAN = "libpixman-1.so.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an unfit library, by the name of one that X servers need."""
    shutil.copy(next(Path(psutil.__file__).parent.glob("_psutil_linux*.so")), tmp_path / PIXMAN)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "Xtigervnc: symbol lookup error: Xtigervnc: undefined symbol: pixman_image_unref",
        "x: error while loading shared libraries: libz.so: cannot open shared object file: No such "
        "file or directory",
        "x: /d/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by x)",
        "ImportError: /lib/libgio-2.0.so.0: undefined symbol: g_object_unref",
        "Error relocating /usr/bin/x: pixman_image_unref: symbol not found",
        "Error loading shared library libz.so.1: No such file or directory (needed by x)",
        "libgobject-2.0.so.0 => not found",
    ],
)
def test_a_loader_error_is_found_in_output(line: str) -> None:
    assert libraries.complaint(f"Xvnc starts\n\t{line}\nno more") == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xfwm4: command not found",
        "x: /d/libdbus-1.so.3: no version information available (required by x)",
        "ERROR: ld.so: object 'l.so' from LD_PRELOAD cannot be preloaded (cannot open shared "
        "object file): ignored.",
    ],
)
def test_other_output_is_no_loader_error(text: str) -> None:
    assert libraries.complaint(text) == ""


@pytest.mark.parametrize("variable", libraries.VARIABLES)
def test_an_unfit_library_is_named_with_its_variable(folder: Path, variable: str) -> None:
    value = str(folder / PIXMAN) if variable == "LD_PRELOAD" else str(folder)
    found = libraries.misfit("Xtigervnc", {**os.environ, variable: value})
    assert found
    assert found.variables == (variable,)
    assert found.libraries == (str(folder / PIXMAN),)
    assert "undefined symbol" in found.complaint
    assert str(found).startswith(f"{folder / PIXMAN} of {variable} does not fit Xtigervnc (")


def test_fitting_libraries_and_missing_programs_are_no_misfit(tmp_path: Path) -> None:
    (real,) = {
        line.split()[2]
        for line in subprocess.check_output(
            ["ldd", shutil.which("Xtigervnc") or ""], text=True
        ).split("\n")
        if PIXMAN in line
    }
    shutil.copy(real, tmp_path / PIXMAN)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    assert libraries.misfit("Xtigervnc", environment) is None
    assert libraries.misfit("no-such-program", environment) is None
    assert libraries.first_misfit(own_programs.NAMES, environment) is None


def test_without_the_variables_ldd_is_not_run() -> None:
    environment = {"PATH": "/nowhere", "LD_LIBRARY_PATH": ""}
    assert libraries.are_set(environment) == ()
    assert libraries.first_misfit(["sh"], environment) is None


@pytest.mark.parametrize("value", ["/opt/a b/lib", "/a'b:$(touch x)/lib", "/q\\"])
def test_the_user_s_shell_gets_the_variables_back(tmp_path: Path, value: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "SHELL": "/bin/sh",
        "LD_LIBRARY_PATH": value,
        "LD_PRELOAD": "",
    }
    apart = own_programs.apart(environment, tmp_path)
    assert not set(apart) & set(libraries.VARIABLES)
    command = 'echo "$SHELL $1 $LD_LIBRARY_PATH ${LD_PRELOAD-unset}"'
    shell = [apart["SHELL"], "-c", command, "sh", "an argument"]
    printed = subprocess.check_output(shell, env=apart, text=True)
    assert printed == f"/bin/sh an argument {value} unset\n"


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment whose ldd never ends; the loader that it runs is a process of its own."""
    ldd = tmp_path / "ldd"
    ldd.write_text(f'#!/bin/sh\necho >>"{tmp_path}/asked"\nsleep 1000\nexit 0\n')
    ldd.chmod(0o755)
    yield {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LD_LIBRARY_PATH": str(tmp_path)}
    names = facts(psutil.Process().children(recursive=True), psutil.Process.name)
    for process in names:
        if names[process] in ("ldd", "sleep"):
            process.kill()


def test_all_programs_share_one_deadline(slow: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(libraries.Unknown):
        libraries.first_misfit(["sh", "env", "cat"], slow, timeout=1)
    assert (tmp_path / "asked").read_text() == "\n"
    assert not named(psutil.Process().children(recursive=True), "sleep")
    with pytest.raises(libraries.Unknown):
        asyncio.run(library_check.first_misfit(["sh", "env", "cat"], slow, timeout=1))
    assert (tmp_path / "asked").read_text() == "\n\n"


def test_a_loader_error_of_the_program_is_a_misfit_even_where_ldd_hangs(
    slow: dict[str, str],
) -> None:
    said = "sh: symbol lookup error: /d/libx.so: undefined symbol: x"
    found = libraries.misfit("sh", slow, said, deadline=time.monotonic() + 1)
    assert found
    assert found.complaint == said


def test_a_cancelled_check_is_not_waited_for(slow: dict[str, str], tmp_path: Path) -> None:
    async def stopped() -> None:
        check = asyncio.ensure_future(library_check.first_misfit(["sh", "env"], slow, timeout=1000))
        while not (tmp_path / "asked").exists():
            await asyncio.sleep(0.01)
        check.cancel()

    asyncio.run(stopped())
    (ldd,) = named(psutil.Process().children(), "ldd")
    assert ldd.is_running()


def test_the_user_s_shell_gets_values_back_that_are_not_utf_8(tmp_path: Path) -> None:
    value = os.fsdecode(b"/opt/\xff/lib")
    environment = {"PATH": os.environ["PATH"], "SHELL": "/bin/sh", "LD_LIBRARY_PATH": value}
    apart = own_programs.apart(environment, tmp_path)
    shell = [apart["SHELL"], "-c", 'printf %s "$LD_LIBRARY_PATH"']
    assert subprocess.check_output(shell, env=apart) == b"/opt/\xff/lib"


@pytest.mark.parametrize(
    ("line", "fatal"),
    [
        ("x: error while loading shared libraries: libz.so: cannot open shared object file", True),
        ("x: symbol lookup error: /d/y.so: undefined symbol: z", True),
        ("x: relocation error: /d/y.so: symbol z, version V not defined in file l.so", True),
        ("x: /d/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by x)", True),
        ("libGL error: MESA-LOADER: failed to open swrast: /d/swrast_dri.so: cannot open shared "
         "object file: No such file or directory", False),
        ("ImportError: /lib/libgio-2.0.so.0: undefined symbol: g_object_unref", False),
    ],
)  # fmt: skip
def test_only_errors_that_end_a_program_are_fatal(line: str, fatal: bool) -> None:
    assert libraries.fatal_complaint(f"x starts\n{line}") == (line if fatal else "")


def test_an_error_keeps_its_remedy_when_a_library_may_be_the_cause() -> None:
    error = StartFailed("It ended.", remedy="This installs it:", command="apt install it")
    explained = failures.unfit_library(error, ("LD_PRELOAD",), "x: symbol lookup error: y")
    assert explained.message.startswith("It ended. ")
    assert "x: symbol lookup error: y" in explained.message
    assert "LD_PRELOAD" in (explained.remedy or "")
    assert (explained.remedy or "").endswith("This installs it:")
    assert explained.command == "apt install it"
