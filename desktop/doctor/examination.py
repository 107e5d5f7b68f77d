"""All checks, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from . import cluster, desktops, displays, folders, graphics, limits, servers, software, video
from .finding import Finding, Severity, note
from .subject import Subject
from .trial import Trial
from .trials import try_all

Check = Callable[[Subject], Iterable[Finding]]

_SECTIONS: dict[str, Sequence[Check]] = {
    "Software": (software.packages, software.extensions, software.page),
    "Settings": (lambda subject: subject.findings,),
    "Display servers": (displays.vnc, displays.xpra, displays.choice),
    "Desktop": (desktops.start_script, desktops.installed, desktops.dbus, desktops.libraries),
    "Folders": (folders.runtime_folder, folders.x_sockets, folders.home, folders.space),
    "Graphics": (graphics.devices, graphics.virtualgl, graphics.images),
    "Video": (video.encoder, video.conversion),
    "Cluster": (cluster.slurm,),
    "Jupyter servers": (servers.address, servers.hub, servers.running),
    "Limits": (limits.resources, limits.shared_memory, limits.account, limits.container),
}

# Checks of the machine on which desktops run, which may be another one.
_OF_A_NODE = {"Display servers", "Desktop", "Folders", "Trial start"}


@dataclass(frozen=True)
class Examination:
    """Findings by section, and results of the trials.

    ``elsewhere`` says that desktops run on other machines than the examined one.
    """

    sections: dict[str, list[Finding]]
    trials: list[Trial] = field(default_factory=list)
    elsewhere: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @property
    def would_start(self) -> bool:
        """Whether nothing was found that prevents a desktop."""
        return not self.problems

    @property
    def problems(self) -> list[Finding]:
        """Findings that prevent a desktop."""
        return self._of(Severity.PROBLEM)

    @property
    def notes(self) -> list[Finding]:
        """Findings that may be relevant."""
        return self._of(Severity.NOTE)

    def _of(self, state: Severity) -> list[Finding]:
        found = (finding for section in self.sections.values() for finding in section)
        return [finding for finding in found if finding.state is state]


def examine(subject: Subject, *, trial: bool = True, quick: bool = False) -> Examination:
    """Run all checks; with ``trial``, start desktops, with ``quick`` without the start script."""
    # In threads: many of them wait for a program.
    with ThreadPoolExecutor(8) as threads:
        running = {
            name: [threads.submit(_run, check, subject) for check in checks]
            for name, checks in _SECTIONS.items()
        }
        sections = {
            name: [finding for check in checks for finding in check.result()]
            for name, checks in running.items()
        }
    findings, trials = try_all(subject, quick) if trial else ([], [])
    if trial:
        sections["Trial start"] = findings
    if subject.elsewhere:
        for name in _OF_A_NODE & sections.keys():
            sections[name] = [_not_decisive(finding) for finding in sections[name]]
    return Examination(sections, trials, subject.elsewhere)


def _not_decisive(finding: Finding) -> Finding:
    """Return a problem as a note, because desktops start on another machine."""
    return replace(finding, state=Severity.NOTE) if finding.state is Severity.PROBLEM else finding


def _run(check: Check, subject: Subject) -> list[Finding]:
    try:
        return list(check(subject))
    except Exception as error:  # run the other checks nevertheless
        topic = getattr(check, "__name__", "check").replace("_", " ")
        return [note(topic, f"This check failed: {type(error).__name__}: {error}.")]
