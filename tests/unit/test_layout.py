"""The layout of the package: imports only point down, without a cycle."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import jupyter_desktop

NAME = "jupyter_desktop"
ROOT = Path(jupyter_desktop.__file__).parent

# From the top down: a part imports only from the parts below it. The last one is the package
# itself, which has the version.
ORDER = (
    *("doctor", "app", "web", "site", "admission", "desktops", "placements", "video", "session"),
    *("backends", "bridge", "system", "errors", ""),
)

# Jupyter Server asks the package for its application.
HOOK = (NAME, f"{NAME}.app")

MOST_AT_THE_TOP = 6

# They run as processes of their own, outside the Jupyter server.
PROGRAMS = ("session", "bridge", "placements.slurm", "video")


def module_of(file: Path) -> str:
    parts = [NAME, *file.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts).removesuffix(".__init__")


FILES = {module_of(file): file for file in ROOT.rglob("*.py")}


def imported(module: str) -> Iterator[str]:
    """Yield the names of all modules that ``module`` imports, also in functions and for types."""
    file = FILES[module]
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            levels = package.split(".")[: 1 - node.level or None] if node.level else []
            origin = ".".join([*levels, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{origin}.{alias.name}"
                yield name if name in FILES else origin


IMPORTS = {module: set(imported(module)) for module in FILES}


def part_of(module: str) -> str:
    """Return the file or folder at the top of the package that a module is in."""
    return module.removeprefix(NAME).removeprefix(".").partition(".")[0]


def within(module: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    ours = {name for name in IMPORTS[module] if name in FILES}
    return ours - {HOOK[1]} if module == HOOK[0] else ours


def test_every_part_has_a_place_in_the_order() -> None:
    assert {part_of(module) for module in FILES} == set(ORDER)


def test_imports_only_point_down() -> None:
    up = [
        f"{module} imports {name}"
        for module in FILES
        for name in within(module)
        if ORDER.index(part_of(name)) < ORDER.index(part_of(module))
    ]
    assert not up


def test_imports_have_no_cycle() -> None:
    order = graphlib.TopologicalSorter({module: within(module) for module in FILES})
    assert len(list(order.static_order())) == len(FILES)


def test_the_top_folder_has_few_modules() -> None:
    assert len(list(ROOT.glob("*.py"))) <= MOST_AT_THE_TOP


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_outside_jupyter_import_nothing_of_jupyter(program: str) -> None:
    seen: set[str] = set()
    waiting = {f"{NAME}.{program}.__main__"}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        # Python runs the packages around a module as well.
        around = {module.rpartition(".")[0]} & FILES.keys()
        waiting |= (within(module) | around) - seen
    assert len(seen) > 5
    others = {name.partition(".")[0] for module in seen for name in IMPORTS[module]}
    assert not {name for name in others if name.startswith("jupyter")} - {NAME}
    assert not others & {"tornado", "traitlets"}
