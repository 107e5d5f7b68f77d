"""Slurm's settings, the choices of users, and the arguments of the job."""

from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_desktop.app import DesktopApp
from jupyter_desktop.desktops.plans import Wish
from jupyter_desktop.errors import BadRequest
from jupyter_desktop.placements import Local, SlurmPlacement
from jupyter_desktop.placements.slurm.request import Request
from jupyter_desktop.placements.slurm.settings import Slurm as Settings

INJECTIONS = [
    *(
        "--wrap=id",
        "-p",
        "main --wrap=id",
        "main\n--wrap=id",
        "main\n#SBATCH",
        "a;b",
        "$(id)",
        "a/b",
    ),
    *("a,b", "é", "\0", " ", "x" * 65),
]


def settings(**given: object) -> Settings:
    return Settings(config=Config({"Slurm": given}))


def arguments(chosen: dict[str, str], **given: object) -> tuple[str, ...]:
    return settings(**given).request(chosen).arguments


def test_without_choices_a_job_has_the_settings() -> None:
    assert arguments({}) == ("--time=240",)
    given = {"partitions": ["gui", "gpu"], "accounts": ["a1"], "gpus": 1, "arguments": ["--mem=8G"]}
    expected = ("--time=240", "--partition=gui", "--account=a1", "--gpus=1", "--mem=8G")
    assert arguments({}, **given) == expected


def test_choices_become_arguments_of_the_job() -> None:
    given = {"partitions": ["gui", "gpu"], "most_gpus": 2}
    chosen = {"partition": "gpu", "hours": "1.5", "gpus": "2", "account": "phys-1"}
    expected = ("--time=90", "--partition=gpu", "--account=phys-1", "--gpus=2")
    assert arguments(chosen, **given) == expected
    # The settings fill in what is left empty.
    assert arguments(dict.fromkeys(chosen, ""), **given) == ("--time=240", "--partition=gui")


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("name", ["partition", "hours", "gpus", "account"])
def test_a_choice_cannot_inject_another_option(name: str, text: str) -> None:
    with pytest.raises(BadRequest):
        arguments({name: text}, partitions=["gui", "gpu"], most_gpus=2)


@pytest.mark.parametrize("hours", ["0", "24.5", "-1", "1e1", "nan", "inf", "0x10", "٣", "1:30"])
def test_hours_out_of_range_are_refused(hours: str) -> None:
    with pytest.raises(BadRequest, match="up to 24"):
        arguments({"hours": hours})


@pytest.mark.parametrize("gpus", ["3", "1.5", "-1", "gpu:1"])
def test_gpus_out_of_range_are_refused(gpus: str) -> None:
    with pytest.raises(BadRequest, match="up to 2"):
        arguments({"gpus": gpus}, most_gpus=2)


@pytest.mark.parametrize(
    ("chosen", "given"),
    [
        ({"partition": "other"}, {"partitions": ["gui", "gpu"]}),
        ({"partition": "gui"}, {"partitions": ["gui"]}),  # there is no choice
        ({"gpus": "1"}, {}),
        ({"account": "b"}, {"accounts": ["a"]}),
        ({"hours": "1"}, {"choices": ["account"]}),
        ({"reservation": "x"}, {}),
        ({"arguments": "--wrap=id"}, {}),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(
    chosen: dict[str, str], given: dict[str, object]
) -> None:
    with pytest.raises(BadRequest):
        arguments(chosen, **given)


def test_the_form_has_a_field_for_each_choice() -> None:
    assert [field.name for field in settings().form()] == ["hours", "account"]
    given = {"partitions": ["gui", "gpu"], "most_gpus": 2, "accounts": ["a", "b"]}
    fields = {field.name: field for field in settings(**given).form()}
    assert list(fields) == ["partition", "hours", "gpus", "account"]
    assert fields["partition"].choices == ("gui", "gpu")
    assert (fields["hours"].value, fields["hours"].most) == ("4", 24)
    assert settings(choices=[]).form() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partitions", ["a b"]),
        ("accounts", ["--x"]),
        ("hours", 0.0),
        ("most_hours", -1.0),
        ("most_hours", 9000.0),
        ("gpus", -1),
        ("most_gpus", -1),
        ("poll_interval", 0.1),
    ],
)
def test_bad_settings_are_named(name: str, value: object) -> None:
    with pytest.raises(TraitError, match=rf"Slurm\.{name}"):
        settings(**{name: value})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"hours": 4.0, "most_hours": 2.0}, "hours is 4, more than Slurm.most_hours, which is 2"),
        ({"hours": 48.0}, "which is 24. Set Slurm.most_hours as well"),
        ({"gpus": 3, "most_gpus": 2}, "gpus is 3, more than Slurm.most_gpus, which is 2"),
    ],
)
def test_a_default_that_could_not_be_chosen_is_refused(
    given: dict[str, float] | dict[str, int], words: str
) -> None:
    with pytest.raises(TraitError, match=words):
        settings(**given)


def test_a_lower_most_hours_lowers_the_default() -> None:
    assert arguments({}, most_hours=2.0) == ("--time=120",)
    assert arguments({}, most_hours=2.0, choices=[]) == ("--time=120",)
    assert settings(most_hours=2.0).form()[0].value == "2"


def test_gpus_may_be_set_without_being_a_choice() -> None:
    assert arguments({}, gpus=1) == ("--time=240", "--gpus=1")


def test_every_setting_has_help() -> None:
    own = Settings.class_own_traits(config=True)
    assert len(own) >= 12
    assert all(len(trait.help) > 20 for trait in own.values())


def test_a_request_survives_encoding() -> None:
    request = settings(warnings=[2.0, 10.0], setup="module load python\n").request({})
    assert Request.from_line(request.to_line()) == request
    assert request.warnings == (600, 120)


def test_the_output_folder_may_be_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert settings(output_folder="~/jobs").request({}).output_folder == "/home/ada/jobs"


def test_the_command_line_contains_nothing_of_the_request() -> None:
    placement = SlurmPlacement(
        settings(setup="export SECRET=1", arguments=["--comment=mine"]).request({})
    )
    assert placement.launch(["python"])[1:] == ["-m", "jupyter_desktop.placements.slurm", "python"]
    assert "SECRET" in placement.preamble()[0]


def test_the_placement_is_chosen_by_name() -> None:
    app = DesktopApp(config=Config({"DesktopApp": {"other_placements": ["slurm"]}}))
    assert isinstance(app.planner.plan("default").placement, Local)
    assert isinstance(
        app.planner.plan("default", Wish(placement="slurm")).placement, SlurmPlacement
    )
    assert [place["name"] for place in app.planner.places.shown()] == ["local", "slurm"]
    assert app.planner.places.check("slurm") == "slurm"


def test_a_placement_that_is_not_offered_is_refused() -> None:
    with pytest.raises(BadRequest, match="other_placements"):
        DesktopApp().planner.places.check("slurm")


def test_an_application_may_have_its_own_placement() -> None:
    applications = {"big": {"command": "big", "placement": "slurm"}}
    app = DesktopApp(config=Config({"DesktopApp": {"applications": applications}}))
    assert isinstance(app.planner.plan("big").placement, SlurmPlacement)
    assert [place["name"] for place in app.planner.places.shown("slurm")] == ["slurm"]
    assert [place["name"] for place in app.planner.places.shown()] == ["local"]
