"""The runtime folder, the secrets in it, and the X cookie, which the real xauth reads."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_desktop.backends import Runtime
from jupyter_desktop.errors import RuntimeFolderUnusable
from jupyter_desktop.session.x11 import cookies
from jupyter_desktop.system import runtime
from jupyter_desktop.system.runtime import LONGEST_BASE, choose_base, runtime_folder, write_secret
from tests import users


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="jdt-", dir="/tmp") as folder:
        yield Path(folder)


def folder_of(path: Path, mode: int) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda base: folder_of(base / "own", 0o700), None),
        (lambda base: folder_of(base / "readable", 0o755), None),
        (lambda base: folder_of(base / "sticky", 0o1777), None),
        (lambda base: folder_of(base / "open", 0o777), "other users could replace"),
        (lambda base: folder_of(base / "group", 0o770), "other users could replace"),
        (lambda base: base / "gone", "No such file"),
        (lambda base: (base / "file").touch() or base / "file", "not a folder"),
        (lambda base: Path("relative"), "not absolute"),
        (lambda base: Path(), "not absolute"),
        (lambda base: base / ("x" * 100), "longer than 82 bytes"),
        (lambda base: Path("/" + "é" * 41), "longer than 82 bytes"),
    ],
)
def test_only_a_suitable_base_is_chosen(
    short: Path, make: Callable[[Path], Path], problem: str | None
) -> None:
    candidate = make(short)
    if problem is None:
        assert choose_base([str(candidate)]) == candidate
    else:
        with pytest.raises(RuntimeFolderUnusable, match=problem) as refused:
            choose_base([str(candidate)])
        assert str(candidate) in refused.value.message
        assert refused.value.remedy


def test_a_folder_of_another_user_is_no_base(short: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make one")
    other = folder_of(short / "other", 0o700)
    os.chown(other, 12345, 12345)
    with pytest.raises(RuntimeFolderUnusable, match="other users"):
        choose_base([str(other)])


def test_a_folder_below_another_user_s_is_no_base(short: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make one")
    own = folder_of(folder_of(short / "other", 0o755) / "own", 0o700)
    os.chown(own.parent, 12345, 12345)
    with pytest.raises(RuntimeFolderUnusable, match="other users could replace it"):
        choose_base([str(own)])


CHOOSE = """
import sys
from jupyter_desktop.system.runtime import choose_base
print(choose_base(sys.argv[1:]))
"""


def test_in_a_user_namespace_without_root_folders_of_root_are_accepted(short: Path) -> None:
    """As in Apptainer's containers, where folders of root seem to belong to the user nobody."""
    user = users.new()
    own, other = folder_of(short / "own", 0o700), folder_of(short / "other", 0o1777)
    short.chmod(0o755)
    for path in (short, own):
        os.chown(path, user, user)
    os.chown(other, user + 1, user + 1)
    for candidate, taken in ((own, True), (Path("/tmp"), True), (other, False)):
        ran = subprocess.run(
            ["unshare", "--user", "--map-current-user", users.python(), "-c", CHOOSE, candidate],
            env={"PATH": os.environ["PATH"], **users.environment()},
            cwd="/",
            capture_output=True,
            check=False,
            text=True,
            **users.become(user),
        )
        if "unshare" in ran.stderr:
            pytest.skip(f"no user namespaces here: {ran.stderr}")
        assert (ran.stdout == f"{candidate}\n") is taken, ran.stderr


def test_a_folder_below_one_that_is_open_to_all_is_no_base(short: Path) -> None:
    own = folder_of(folder_of(short / "open", 0o777) / "own", 0o700)
    with pytest.raises(RuntimeFolderUnusable, match="other users could replace it"):
        choose_base([str(own)])


def test_a_link_is_resolved(short: Path) -> None:
    own = folder_of(short / "own", 0o700)
    link = short / "link"
    link.symlink_to(own)
    assert choose_base([str(link)]) == own


@pytest.mark.parametrize(
    ("kept_by", "stays"), [("nothing", False), ("lingering", True), ("its manager", True)]
)
def test_a_folder_that_is_removed_at_log_out_is_no_base(
    short: Path, monkeypatch: pytest.MonkeyPatch, kept_by: str, stays: bool
) -> None:
    """As $XDG_RUNTIME_DIR is, unless the user lingers or this process ends at log-out, too."""
    login = folder_of(folder_of(short / "user", 0o755) / str(os.getuid()), 0o700)
    groups, lingering = short / "cgroup", folder_of(short / "linger", 0o755)
    groups.write_text("0::/user.slice/user-0.slice/session-3.scope\n")
    if kept_by == "lingering":
        (lingering / pwd.getpwuid(os.getuid()).pw_name).touch()
    if kept_by == "its manager":
        groups.write_text(f"0::/user.slice/user-0.slice/user@{os.getuid()}.service/app.slice\n")
    monkeypatch.setattr(runtime, "_LOGIN_FOLDERS", login.parent)
    monkeypatch.setattr(runtime, "_LINGERING", lingering)
    monkeypatch.setattr(runtime, "_CONTROL_GROUP", groups)
    if stays:
        assert choose_base([str(login)]) == login
    else:
        with pytest.raises(RuntimeFolderUnusable, match="removed when you log out"):
            choose_base([str(login)])


def test_a_network_file_system_is_no_base(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = runtime.file_system(short)
    monkeypatch.setattr(runtime, "_NETWORK_FILE_SYSTEMS", frozenset([own]))
    with pytest.raises(RuntimeFolderUnusable, match="network file system"):
        choose_base([str(short)])


def test_file_systems_are_named_as_in_proc(short: Path) -> None:
    assert runtime.file_system(Path("/proc/self")) == "proc"
    link = short / "link"
    link.symlink_to("/proc/self")
    assert runtime.file_system(link) == "proc"


def test_the_first_suitable_base_is_chosen_and_unsuitable_ones_are_named(short: Path) -> None:
    good, better = folder_of(short / "good", 0o700), folder_of(short / "better", 0o700)
    assert choose_base([f"{short}/gone", str(better), str(good)]) == better
    with pytest.raises(RuntimeFolderUnusable) as refused:
        choose_base([f"{short}/one", f"{short}/two"])
    assert f"{short}/one" in refused.value.message
    assert f"{short}/two" in refused.value.message


def test_the_folder_is_private_and_removed_at_the_end(short: Path) -> None:
    with runtime_folder([str(short)]) as folder:
        assert folder.parent == short
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "sub").mkdir()
        (folder / "sub" / "file").touch()
    assert list(short.iterdir()) == []


def test_a_temporary_folder_is_the_last_resort(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short))
    with runtime_folder(["/nowhere"]) as folder:
        assert folder.parent == short


def test_the_longest_base_leaves_room_for_the_socket(short: Path) -> None:
    base = short / ("x" * (LONGEST_BASE - len(str(short)) - 1))
    base.mkdir()
    with runtime_folder([str(base)]) as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(Runtime(folder, ":1").entrance.socket))


def test_secrets_are_private_whatever_the_umask(short: Path) -> None:
    before = os.umask(0)
    try:
        write_secret(short / "password", b"one")
    finally:
        os.umask(before)
    assert stat.S_IMODE((short / "password").stat().st_mode) == 0o600


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_a_secret_is_not_written_through_a_link(
    short: Path, link: Callable[[Path, Path], None]
) -> None:
    (short / "target").write_bytes(b"untouched")
    link(short / "password", short / "target")
    write_secret(short / "password", b"one")
    assert (short / "target").read_bytes() == b"untouched"
    assert (short / "password").read_bytes() == b"one"


def test_a_secret_is_replaced_in_one_step(short: Path) -> None:
    write_secret(short / "password", b"one")
    with (short / "password").open("rb") as reader:
        write_secret(short / "password", b"two")
        assert reader.read() == b"one"
    assert (short / "password").read_bytes() == b"two"
    assert [entry.name for entry in short.iterdir()] == ["password"]


def test_xauth_reads_the_cookie(short: Path) -> None:
    cookie = bytes(range(16))
    write_secret(short / "Xauthority", cookies.entries(cookie, ":7"))
    listed = subprocess.run(
        ["xauth", "-f", str(short / "Xauthority"), "list"],
        capture_output=True,
        text=True,
        check=True,
    )
    entries = [line.split() for line in listed.stdout.splitlines()]
    # The second is for any host and any display: xauth shows the family's number, and none after
    # the colon.
    assert [entry[0] for entry in entries] == [f"{socket.gethostname()}/unix:7", "#ffff##:"]
    assert {tuple(entry[1:]) for entry in entries} == {("MIT-MAGIC-COOKIE-1", cookie.hex())}
