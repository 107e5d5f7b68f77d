"""What loaders say of libraries that do not fit, and what programs get then."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from jupyter_desktop import libraries
from jupyter_desktop.session import own_programs

PIXMAN = "libpixman-1.so.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a library that is none, by the name of one that X servers need."""
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
def test_complaints(line):
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
def test_what_is_no_complaint(text):
    assert libraries.complaint(text) == ""


@pytest.mark.parametrize("variable", libraries.VARIABLES)
def test_what_does_not_fit_is_named(folder, variable):
    value = str(folder / PIXMAN) if variable == "LD_PRELOAD" else str(folder)
    found = libraries.misfit("Xtigervnc", {**os.environ, variable: value})
    assert found
    assert found.variables == (variable,)
    assert found.libraries == (str(folder / PIXMAN),)
    assert "undefined symbol" in found.complaint
    assert str(found).startswith(f"{folder / PIXMAN} of {variable} does not fit Xtigervnc (")


def test_what_fits(tmp_path):
    (real,) = {
        line.split()[2]
        for line in subprocess.check_output(["ldd", shutil.which("Xtigervnc")], text=True).split(
            "\n"
        )
        if PIXMAN in line
    }
    shutil.copy(real, tmp_path / PIXMAN)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    assert libraries.misfit("Xtigervnc", environment) is None
    assert libraries.misfit("no-such-program", environment) is None
    assert libraries.first_misfit(own_programs.NAMES, environment) is None


def test_nothing_is_asked_without_the_variables():
    environment = {"PATH": "/nowhere", "LD_LIBRARY_PATH": ""}
    assert libraries.are_set(environment) == ()
    assert libraries.first_misfit(["sh"], environment) is None


@pytest.mark.parametrize("value", ["/opt/a b/lib", "/a'b:$(touch x)/lib", "/q\\"])
def test_the_user_s_shell_gets_them_back(tmp_path, value):
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
