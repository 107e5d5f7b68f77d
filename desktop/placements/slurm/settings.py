"""Settings for desktops in Slurm jobs: ``c.Slurm.partitions = ["gui"]``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir
from traitlets import Enum, Float, Int, List, TraitError, Unicode, default, validate
from traitlets.config import Configurable

from ...errors import BadRequest
from .request import Request

OPTIONS = ("partition", "hours", "gpus", "account")

# A name of a partition or account; excludes options of sbatch(1), lists and line breaks.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,63}", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,4})?", re.ASCII)
_YEAR = 52 * 7 * 24  # hours
_HOURS = 4.0


@dataclass(frozen=True)
class Field:
    """A field of the page's form before a start.

    ``kind`` is "choice" of one of ``choices``, "number" up to ``most`` in steps of ``step``, or
    "text".
    """

    name: str
    label: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()
    most: float = 0
    step: float = 1


class Slurm(Configurable):
    """Desktops in jobs of Slurm."""

    choices = List(
        Enum(OPTIONS),
        list(OPTIONS),
        config=True,
        help="""What users may choose on the page before a desktop starts, if there is a choice:
        `partition`, `hours`, `gpus`, `account`. With an empty list there is no form, and a desktop
        starts as soon as its page is opened.""",
    )

    partitions = List(
        Unicode(),
        config=True,
        help="""The partitions that users may choose, the default first. With an empty list Slurm
        chooses the partition.""",
    )

    hours = Float(
        _HOURS,
        config=True,
        help="""How long a desktop may run, unless the user chooses; by default no longer than
        `most_hours`.""",
    )

    most_hours = Float(24.0, config=True, help="""The longest time that users may choose.""")

    gpus = Int(0, config=True, help="""How many GPUs a desktop has, unless the user chooses.""")

    most_gpus = Int(
        0,
        config=True,
        help="""How many GPUs users may choose at most; with 0 there is no choice.""",
    )

    accounts = List(
        Unicode(),
        config=True,
        help="""The accounts that users may choose, the default first. With an empty list users
        may type a name; without one the job uses their default account.""",
    )

    arguments = List(
        Unicode(),
        config=True,
        help="""Arguments added unchanged to the command line of `sbatch`, such as
        `--cpus-per-task=4` and `--mem=8G`.""",
    )

    setup = Unicode(
        "",
        config=True,
        help="""Lines of shell that a job runs before the desktop starts, such as `module load
        python`.""",
    )

    python = Unicode(
        "",
        config=True,
        help="""The Python with this package on the nodes. By default the one that runs Jupyter,
        under the same path.""",
    )

    output_folder = Unicode(
        config=True,
        help="""A folder that is shared with the nodes, for the output of a job. By default
        Jupyter's runtime folder.""",
    )

    warnings = List(
        Float(),
        [10.0, 2.0],
        config=True,
        help="""How many minutes before its job's end the page of a desktop shows a warning.""",
    )

    poll_interval = Float(
        20.0,
        config=True,
        help="""Seconds between two queries to Slurm for a waiting job, once it has waited for
        about a minute; for a running job the interval is three times as long.""",
    )

    @default("output_folder")
    def _default_output_folder(self) -> str:
        return jupyter_runtime_dir()

    @default("hours")
    def _default_hours(self) -> float:
        return min(_HOURS, self.most_hours)

    @validate("partitions", "accounts")
    def _check_names(self, proposal: dict[str, Any]) -> list[str]:
        names: list[str] = proposal["value"]
        for name in names:
            if not _NAME.fullmatch(name):
                raise TraitError(
                    f"Slurm.{proposal['trait'].name} has {name!r}, which is no valid name in Slurm."
                )
        return names

    @validate("hours", "most_hours")
    def _check_hours(self, proposal: dict[str, Any]) -> float:
        hours: float = proposal["value"]
        if not 0 < hours <= _YEAR:
            raise TraitError(
                f"Slurm.{proposal['trait'].name} is {hours:g}; it must be a number of hours above "
                f"0, and {_YEAR} (a year) at most."
            )
        if "hours" in self.choices:
            _check_most("hours", self.hours, self.most_hours)
        return hours

    @validate("gpus", "most_gpus")
    def _check_gpus(self, proposal: dict[str, Any]) -> int:
        gpus: int = proposal["value"]
        if gpus < 0:
            raise TraitError(f"Slurm.{proposal['trait'].name} is {gpus}; it must be 0 or more.")
        if self.most_gpus:
            _check_most("gpus", self.gpus, self.most_gpus)
        return gpus

    @validate("poll_interval")
    def _check_interval(self, proposal: dict[str, Any]) -> float:
        seconds: float = proposal["value"]
        if not 1 <= seconds <= 3600:
            raise TraitError(
                f"Slurm.poll_interval is {seconds}; it must be 1 to 3600 seconds, to limit the "
                "load on Slurm's controller."
            )
        return seconds

    def form(self) -> list[Field]:
        """Return the fields that users may choose; empty if there is no choice."""
        return [field for field in self._fields() if field.name in self.choices]

    def request(self, chosen: Mapping[str, str]) -> Request:
        """Return the request for a job; raises ``BadRequest`` for an invalid choice."""
        fields = {field.name: field for field in self.form()}
        for name in chosen:
            if name not in fields:
                raise BadRequest(
                    f"{name[:40]!r} cannot be chosen by users here.",
                    remedy="Leave it out, or ask the administrator for it (Slurm.choices).",
                )
        values = {name: _checked(fields[name], text) for name, text in chosen.items() if text}
        return Request(
            arguments=(*self._options(values), *self.arguments),
            setup=self.setup,
            python=self.python,
            output_folder=os.path.expanduser(self.output_folder),  # noqa: PTH111  it does not raise for unknown users
            poll_interval=self.poll_interval,
            warnings=tuple(60 * minutes for minutes in sorted(self.warnings, reverse=True)),
        )

    def _fields(self) -> list[Field]:
        fields = [Field("hours", "Hours", "number", f"{self.hours:g}", (), self.most_hours, 0.25)]
        if len(self.partitions) > 1:
            fields.insert(0, _choice("partition", "Partition", self.partitions))
        if self.most_gpus:
            fields.append(Field("gpus", "GPUs", "number", str(self.gpus), (), self.most_gpus))
        if len(self.accounts) > 1:
            fields.append(_choice("account", "Account", self.accounts))
        elif not self.accounts:
            fields.append(Field("account", "Account", "text", ""))
        return fields

    def _options(self, values: Mapping[str, str]) -> list[str]:
        """Return sbatch(1)'s options for the chosen values, with defaults for the others."""
        partition = values.get("partition") or next(iter(self.partitions), "")
        account = values.get("account") or next(iter(self.accounts), "")
        gpus = int(values.get("gpus", self.gpus))
        # In whole minutes, as Slurm counts time limits.
        minutes = max(1, round(60 * float(values.get("hours", self.hours))))
        options = [f"--time={minutes}"]
        options += [f"--partition={partition}"] if partition else []
        options += [f"--account={account}"] if account else []
        return options + ([f"--gpus={gpus}"] if gpus else [])


def _check_most(name: str, value: float, most: float) -> None:
    """Raise ``TraitError`` if the default is above the most that users may choose."""
    if value > most:
        raise TraitError(
            f"Slurm.{name} is {value:g}, more than Slurm.most_{name}, which is {most:g}. Set "
            f"Slurm.most_{name} as well, or a smaller Slurm.{name}."
        )


def _choice(name: str, label: str, choices: list[str]) -> Field:
    return Field(name, label, "choice", choices[0], tuple(choices))


def _checked(field: Field, text: str) -> str:
    """Return ``text`` if it is valid for ``field``; raises ``BadRequest``."""
    match field.kind:
        case "choice":
            good = text in field.choices
            hint = f"Choose one of {', '.join(field.choices)}."
        case "number":
            whole = field.step == 1
            good = bool(_NUMBER.fullmatch(text)) and float(text) <= field.most
            good = good and (text.isdigit() if whole else float(text) > 0)
            hint = f"Choose a number up to {field.most:g}."
        case _:
            good = bool(_NAME.fullmatch(text))
            hint = "Type letters, digits, '.', '_', '+', '@' and '-' only."
    if not good:
        raise BadRequest(f"{text[:40]!r} cannot be chosen for {field.label!r}.", remedy=hint)
    return text
