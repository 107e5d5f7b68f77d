"""Packages that the distribution lacks are named, not installed, and their tests are skipped.

Apt is the real one, but it only simulates; its archive is a folder of the test.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
# Programs that the script itself runs; those that it looks for are not on this PATH.
NEEDED = ("sh", "apt-get", "apt-cache", "grep", "tail", "id", "env", "mkdir", "python3", "dpkg")
# Whether this user may become root is not under test.
SUDO = '#!/bin/sh\nexec "$@"\n'
# Programs that the script only looks for on PATH, and a package that every distribution has.
THERE = ("xclip", "xdotool", "dpkg")

PACKAGE = """Package: {name}
Version: 1
Architecture: all
Maintainer: nobody <nobody@example.org>
Filename: ./{name}.deb
Size: 1
Description: for a test

"""

pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="there is no apt here")


@pytest.fixture
def apt(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """A function that makes an archive of the named packages and returns apt's environment."""

    def make(*packages: str) -> dict[str, str]:
        archive, state, programs = (tmp_path / name for name in ("archive", "state", "bin"))
        for folder in (archive, state / "lists" / "partial", tmp_path / "cache", programs):
            folder.mkdir(parents=True)
        (archive / "Packages").write_text("".join(PACKAGE.format(name=name) for name in packages))
        (state / "status").touch()
        (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{archive} ./\n")
        (tmp_path / "apt.conf").write_text(
            f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\n'
            f'Dir::Etc::sourceparts "-";\nDir::Etc::parts "-";\nDir::Etc::preferencesparts "-";\n'
            f'Dir::State "{state}";\nDir::State::status "{state}/status";\n'
            f'Dir::Cache "{tmp_path}/cache";\nAPT::Get::Simulate "true";\nAPT::Sandbox::User "";\n'
            'APT::Update::Post-Invoke-Success "";\nAPT::Update::Post-Invoke "";\n'
        )
        for program in NEEDED:
            (programs / program).symlink_to(shutil.which(program) or "")
        (programs / "sudo").write_text(SUDO)
        (programs / "sudo").chmod(0o755)
        shutil.copytree(TOOLS, tmp_path / "tools")
        return {"PATH": str(programs), "APT_CONFIG": f"{tmp_path}/apt.conf", "LANG": "C"}

    return make


def packages(folder: Path, environment: dict[str, str]) -> tuple[str, str]:
    """Run the script as `make test` does; return what it printed, and what apt would install."""
    log = folder / ".make" / "apt.log"
    log.unlink(missing_ok=True)
    ran = subprocess.run(
        ["tools/packages.sh", "test"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout, log.read_text() if log.exists() else ""


def test_packages_are_installed_although_another_one_is_missing(
    tmp_path: Path, apt: Callable[..., dict[str, str]]
) -> None:
    printed, installed = packages(tmp_path, apt(*THERE))
    assert "Inst xclip " in installed
    assert "Inst xdotool " in installed
    (absent,) = [line for line in printed.splitlines() if "has no package" in line]
    assert " xpra " in absent
    assert " xclip " not in absent


def test_where_no_package_is_available_apt_get_is_not_run(
    tmp_path: Path, apt: Callable[..., dict[str, str]]
) -> None:
    environment = apt("dpkg")
    subprocess.run(["apt-get", "update"], env=environment, capture_output=True, check=True)
    Path(environment["PATH"], "apt-get").unlink()
    Path(environment["PATH"], "apt-get").symlink_to("/bin/false")
    printed, installed = packages(tmp_path, environment)
    assert " xpra" in printed
    assert not installed


NEEDS_XPRA = """
import pytest

@pytest.mark.needs("xpra")
def test_it():
    pass
"""


@pytest.mark.parametrize(
    ("archive", "required", "outcome"),
    [
        (["dpkg"], "", "1 skipped"),
        (["dpkg"], "1", "1 skipped"),
        (["dpkg", "xpra"], "", "1 error"),
        (["dpkg", "xpra"], "1", "1 error"),
    ],
)
def test_a_test_is_skipped_only_where_its_package_is_unavailable(
    tmp_path: Path,
    apt: Callable[..., dict[str, str]],
    archive: list[str],
    required: str,
    outcome: str,
) -> None:
    environment = apt(*archive)
    subprocess.run(["apt-get", "update"], env=environment, capture_output=True, check=True)
    (test := tmp_path / "test_it.py").write_text(NEEDS_XPRA)
    options = ("-rsE", "-p", "tests.conftest", "-p", "no:cacheprovider")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, test],
        cwd=TOOLS.parent,
        env={**environment, **({"REQUIRE_ALL": required} if required else {})},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert outcome in ran.stdout
    assert "package xpra" in ran.stdout
