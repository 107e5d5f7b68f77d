"""The report, as text and as JSON."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterator
from typing import Any, TextIO

from .. import __version__
from .examination import Examination
from .finding import Finding, Severity

_FORMAT_VERSION = 1  # of the JSON; incremented when a field is removed or changes its meaning
_WIDTH = 100
_COLOURS = {Severity.OK: "32", Severity.NOTE: "33", Severity.PROBLEM: "1;31"}
_TO_BE_SHOWN = (
    "This report contains no password and no token, and can be shared unchanged, for example in a "
    "bug report. It contains the names of this user and of their folders."
)
_SECRET_NAME = re.compile(r"TOKEN|PASSWORD|SECRET|API_?KEY")
_SECRET_IN_ADDRESS = re.compile(r"(?i)\b(\w*(?:token|ticket|password|key)=)[^&\s\"']+")
_SHORTEST_SECRET = 6


def as_json(found: Examination) -> str:
    """Return the report as JSON; docs/doctor.md describes the format."""
    findings = [
        {"section": section, **finding.as_json()}
        for section, findings in found.sections.items()
        for finding in findings
    ]
    values = {
        "format": _FORMAT_VERSION,
        "version": __version__,
        "at": found.at.isoformat(timespec="seconds"),
        "would_start": found.would_start,
        "findings": findings,
        "trials": [trial.as_json() for trial in found.trials],
    }
    return json.dumps(_scrubbed(values), indent=2)


def as_text(found: Examination, stream: TextIO) -> str:
    """Return the report as text, with colours if ``stream`` is a terminal that supports them."""
    width = max(len(finding.topic) for one in found.sections.values() for finding in one)
    colours = _has_colours(stream)
    lines = [f"jupyter desktop doctor {__version__}, {found.at:%Y-%m-%d %H:%M} UTC"]
    for section, findings in found.sections.items():
        lines += ["", section]
        for finding in findings:
            lines += _lines(finding, width, colours)
    lines += ["", *_summary(found), "", *textwrap.wrap(_TO_BE_SHOWN, _WIDTH)]
    return without_secrets("\n".join(lines))


def without_secrets(text: str) -> str:
    """Return ``text`` without secrets of the environment, and without those in URLs.

    The report itself has none, but log lines of other programs may.
    """
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "[hidden]")
    return _SECRET_IN_ADDRESS.sub(r"\1[hidden]", text)


def _scrubbed(value: Any) -> Any:
    """Return ``value`` with ``without_secrets`` applied to all texts."""
    match value:
        case str():
            return without_secrets(value)
        case list():
            return [_scrubbed(one) for one in value]
        case dict():
            return {key: _scrubbed(one) for key, one in value.items()}
    return value


def _lines(finding: Finding, width: int, colours: bool) -> Iterator[str]:
    word = f"{finding.state.value:<7}"
    if colours:
        word = f"\033[{_COLOURS[finding.state]}m{word}\033[0m"
    first = f"  {word}  {finding.topic:<{width}}  "
    indent = " " * (2 + 7 + 2 + width + 2)
    # Paths and commands are not wrapped, so that they can be copied.
    found, *more = _wrapped(finding.found, len(indent))
    yield first + found
    yield from (indent + line for line in more)
    if finding.remedy:
        yield from (indent + line for line in _wrapped(finding.remedy, len(indent)))
    if finding.command:
        yield f"{indent}    {finding.command}"
    yield from (f"{indent}| {line}" for line in finding.log)


def _wrapped(text: str, indent: int) -> list[str]:
    width = max(_WIDTH - indent, 40)
    wrapped = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return wrapped or [""]


def _summary(found: Examination) -> Iterator[str]:
    notes = f"{len(found.notes)} note{'s' * (len(found.notes) != 1)}"
    if found.would_start:
        yield f"A desktop would start{_reservation(found)} ({notes})."
        return
    yield f"No desktop would start ({notes}). The problems:"
    for finding in found.problems:
        yield from textwrap.wrap(
            f"- {finding.topic}: {finding.found}", _WIDTH, subsequent_indent="  "
        )


def _reservation(found: Examination) -> str:
    if found.elsewhere:
        return ", as far as can be told from this machine"
    return "" if found.trials else ", as far as can be told without a trial"


def _has_colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
