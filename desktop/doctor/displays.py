"""Checks of VNC servers and Xpra, and the choice between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..backends import AUTO, Backend, DisplaySettings, Runtime, backend, choose, x_dummy
from ..backends.xpra import client as xpra_client
from ..errors import DesktopError
from .finding import Finding, Severity, of_error, ok
from .subject import Subject

_NOWHERE = Runtime(Path("/nonexistent"), ":0")


def vnc(subject: Subject) -> Iterator[Finding]:
    """Every VNC server on this machine."""
    specification = subject.specification
    kind, settings = backend("vnc"), specification.display
    found = {str(Path(path).resolve()): path for path in reversed(kind.executables(settings))}
    for path in reversed(found.values() or [""]):
        yield _found("VNC server", kind, replace(settings, executable=path or settings.executable))


def xpra(subject: Subject) -> Iterator[Finding]:
    """Xpra, the X servers below it, and its client for the page."""
    kind, settings = backend("xpra"), subject.specification.display
    yield (found := _found("Xpra", kind, settings))
    if found.state is not Severity.OK:
        return
    try:
        servers = x_dummy.servers(settings.xpra.x_server, _NOWHERE, -1)
        names = [server.name for server in servers if not server.problem]
        yield ok("X server of Xpra", ", then ".join(names), names=names)
    except DesktopError as error:
        yield of_error("X server of Xpra", error, _severity(subject))
    try:
        own = subject.app.xpra
        client = xpra_client.find(own.client_folder, own.executable)
        version = client.version or "of unknown version"
        yield ok("Xpra's client", f"{version} ({client.folder})", version=client.version)
    except DesktopError as error:
        yield of_error("Xpra's client", error, _severity(subject))


def choice(subject: Subject) -> Iterator[Finding]:
    """The display server that would be chosen, and why."""
    specification = subject.specification
    setting = specification.backend
    try:
        chosen, installed = choose(setting, specification.display)
    except DesktopError as error:
        yield of_error("display server", error)
        return
    why = (
        "the first usable one"
        if setting == AUTO
        else f'as DesktopApp.backend = "{setting}" says'
        if subject.app.backend == setting
        else "as DesktopApp.display_server says"
    )
    yield ok("display server", f"{installed}: {why}", backend=chosen.name, setting=setting)


def _found(topic: str, kind: Backend, settings: DisplaySettings) -> Finding:
    try:
        installed = kind.find(settings)
    except DesktopError as error:
        # A note: whether it is needed is the finding of `choice`.
        return of_error(topic, error, Severity.NOTE)
    facts = {
        "product": installed.product,
        "version": installed.number,
        "path": installed.executable,
    }
    return ok(topic, str(installed), **facts)


def _severity(subject: Subject) -> Severity:
    """Return the severity of missing parts of Xpra."""
    specification = subject.specification
    try:
        chosen, _ = choose(specification.backend, specification.display)
    except DesktopError:
        return Severity.NOTE
    return Severity.PROBLEM if chosen.name == "xpra" else Severity.NOTE
