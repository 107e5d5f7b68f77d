"""Where all tests are required, a skipped test is a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.skip(reason="not today")
def test_mark():
    pass

def test_in_it():
    pytest.skip("only root can do that")

@pytest.fixture
def missing():
    pytest.skip("there is no such program")

def test_fixture(missing):
    pass

def test_allowed():
    pytest.skip("core dumps are forbidden here")
"""


OPTIONS = ("-ra", "-p", "tests.conftest", "-p", "no:cacheprovider")
ALL_SKIPPED, REFUSED = "4 skipped", "1 failed, 1 skipped, 2 errors"


@pytest.mark.parametrize(("required", "outcomes"), [(False, ALL_SKIPPED), (True, REFUSED)])
def test_skipped_tests_fail_only_where_all_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: bool, outcomes: str
) -> None:
    file = tmp_path / "test_skipped.py"
    file.write_text(TESTS)
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    if required:
        monkeypatch.setenv("REQUIRE_ALL", "1")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, str(file)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcomes in ran.stdout
    assert "there is no such program" in ran.stdout
