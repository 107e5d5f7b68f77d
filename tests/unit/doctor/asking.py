"""Helpers that run single checks of the doctor."""

from __future__ import annotations

from pathlib import Path

from jupyter_desktop.doctor.app import Doctor
from jupyter_desktop.doctor.examination import Check
from jupyter_desktop.doctor.finding import Finding
from jupyter_desktop.doctor.subject import Subject, subject

TOKEN = "0123456789abcdef"


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def asked(*arguments: str) -> Subject:
    """Return the settings with these arguments in the command line."""
    doctor = Doctor()
    doctor.initialize(list(arguments))
    return subject(doctor, doctor._remarks)


def found(check: Check, *arguments: str) -> list[Finding]:
    return list(check(asked(*arguments)))


def told(check: Check, *arguments: str) -> Finding:
    """Return the only finding."""
    (finding,) = found(check, *arguments)
    return finding


def config(home: Path, name: str, text: str) -> None:
    (home / ".jupyter" / name).write_text(text)
