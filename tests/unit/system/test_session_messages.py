"""The session's protocol: messages arrive unchanged, and other lines are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.errors import DesktopError, StartFailed
from jupyter_desktop.system.access import Access
from jupyter_desktop.system.session_messages import (
    Admit,
    Admitted,
    BadMessage,
    BatchJob,
    Command,
    Event,
    Here,
    Input,
    Log,
    Phase,
    Problem,
    Resize,
    State,
    Step,
    Stop,
    decode_command,
    decode_event,
    encode,
    failed,
)

TEXTS = st.text(st.characters(), max_size=50)  # lone surrogates, too
NUMBERS = st.integers(-(2**63), 2**63)
SECONDS = st.floats(allow_nan=False) | st.integers(0, 10**6)

T = TypeVar("T")
Decode: TypeAlias = Callable[[bytes], Command | Event]


def or_none(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


PROBLEMS = st.builds(Problem, TEXTS, TEXTS, or_none(TEXTS), or_none(TEXTS))
LINES = st.lists(TEXTS, max_size=5).map(tuple)
JOBS = st.builds(
    BatchJob,
    TEXTS,
    or_none(TEXTS),
    or_none(NUMBERS),
    or_none(NUMBERS),
    TEXTS,
    st.lists(SECONDS, max_size=3).map(tuple),
)
COMMANDS = st.one_of(
    st.builds(Admit, NUMBERS, or_none(TEXTS), st.sampled_from(Access), TEXTS),
    st.builds(Resize, TEXTS),
    st.just(Here()),
    st.just(Stop()),
)
EVENTS = st.one_of(
    st.builds(
        State,
        st.sampled_from(Phase),
        or_none(st.sampled_from(Step)),
        or_none(TEXTS),
        st.booleans(),
        or_none(PROBLEMS),
        or_none(TEXTS),
        or_none(NUMBERS),
        LINES,
        or_none(JOBS),
    ),
    st.builds(Log, LINES),
    st.builds(Input, st.booleans()),
    st.builds(Admitted, NUMBERS, TEXTS, or_none(PROBLEMS)),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
DECODERS = (decode_command, decode_event)


@given(COMMANDS)
def test_a_command_arrives_as_it_was_sent(command: Command) -> None:
    line = encode(command)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    arrived = decode_command(line)
    assert (arrived, type(arrived)) == (command, type(command))
    with pytest.raises(BadMessage):
        decode_event(line)


@given(EVENTS)
def test_an_event_arrives_as_it_was_sent(event: Event) -> None:
    line = encode(event)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    arrived = decode_event(line)
    assert (arrived, type(arrived)) == (event, type(event))
    with pytest.raises(BadMessage):
        decode_command(line)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_other_line_is_refused(line: bytes) -> None:
    for decode in DECODERS:
        with pytest.raises(BadMessage):
            decode(line)


def assert_message(decode: Decode, values: dict[str, Any]) -> None:
    """Assert that ``values`` are refused, or are a message that keeps them."""
    try:
        message = decode(json.dumps(values).encode())
    except BadMessage:
        return
    assert_contains(json.loads(encode(message)), values)


def assert_contains(message: Any, values: Any) -> None:
    """Assert that ``message`` contains ``values``."""
    if isinstance(values, dict):
        for name, value in values.items():
            assert_contains(message[name], value)
    else:
        assert (message, type(message)) == (values, type(values))


@given(EVENTS | COMMANDS, st.data())
def test_a_message_with_a_changed_field_is_refused_or_keeps_it(
    message: Command | Event, data: st.DataObject
) -> None:
    values = json.loads(encode(message))
    decode: Callable[[bytes], Command | Event] = (
        decode_command if "command" in values else decode_event
    )
    name = data.draw(st.sampled_from(sorted(values)) | TEXTS)
    # NaN is not equal to itself.
    values[name] = data.draw(JSON.filter(lambda value: "NaN" not in json.dumps(value)))
    assert_message(decode, values)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"event": "state"', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no known event. Known: state, log"),
        ('{"event": ["state"]}', "no known event"),
        ('{"event": "dance"}', "no known event"),
        ('{"command": "stop"}', "no known event"),
        ('{"event": "state"}', "state lacks the field 'state'"),
        ('{"event": "state", "state": "asleep"}', "state.state must be one of starting, running"),
        ('{"event": "state", "state": ["running"]}', "state.state must be one of"),
        ('{"event": "state", "state": "running", "mood": 1}', "state has no field 'mood'"),
        ('{"event": "state", "state": "running", "status": "0"}', "status must be of type int"),
        ('{"event": "state", "state": "running", "status": true}', "status must be of type int"),
        ('{"event": "state", "state": "running", "reachable": 1}', "must be of type bool"),
        ('{"event": "state", "state": "running", "error": "x"}', "state.error must be an object"),
        ('{"event": "state", "state": "failed", "error": {}}', "state.error lacks the field"),
        ('{"event": "log", "lines": "x"}', "log.lines must be a list"),
        ('{"event": "log", "lines": [1]}', "an item of log.lines must be of type str"),
    ],
)
def test_a_bad_event_is_refused_with_the_reason(line: str, words: str) -> None:
    with pytest.raises(BadMessage, match=words.replace("[", r"\[")):
        decode_event(line.encode())


def test_no_error_shows_a_password() -> None:
    for odd in ('"id": "secret"', '"access": "secret"', '"secret": 1', '"id": 1'):
        line = f'{{"command": "admit", "password": "secret word", {odd}}}'
        with pytest.raises(BadMessage) as refused:
            decode_command(line.encode())
        assert "secret word" not in str(refused.value)
    assert "secret word" not in repr(Admit(1, "secret word", Access.FULL))


def test_a_field_that_is_left_out_has_its_default() -> None:
    assert decode_event(b'{"event": "state", "state": "running"}') == State(Phase.RUNNING)


def test_an_error_keeps_its_type_and_texts() -> None:
    error = StartFailed("No.", remedy="Try again.", command="true")
    last = decode_event(encode(failed(error)))
    assert isinstance(last, State)
    assert last.state is Phase.FAILED
    assert last.error
    again: DesktopError = last.error.as_error()
    assert type(again) is StartFailed
    assert again.as_json() == error.as_json()


def test_enum_members_are_printed_as_they_are_sent() -> None:
    assert f"{Phase.RUNNING} %s" % Step.ENDING == "running ending"
