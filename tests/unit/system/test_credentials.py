"""VncAuth, against published vectors and TigerVNC's own tools."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.system import credentials


def test_password_entry_of_the_word_password() -> None:
    # The best known of all VNC password files.
    assert credentials.vnc_password_entry("password").hex() == "dbd83cfd727a1458"


def test_response_is_des_with_the_bits_of_the_key_reversed() -> None:
    # A published DES example: key 133457799BBCDFF1, block 0123456789ABCDEF -> 85E813540F0AB405.
    password = bytes.fromhex("c82cea9ed93dfb8f").decode("latin-1")
    challenge = bytes.fromhex("0123456789abcdef") * 2
    assert credentials.vnc_response(password, challenge).hex() == "85e813540f0ab405" * 2


@pytest.mark.parametrize("password", ["abcdef", "A1b2C3d4", "12345678", "sixsix", "~!@#$%^&"])
def test_password_entry_is_what_vncpasswd_writes(password: str) -> None:
    ran = subprocess.run(
        ["vncpasswd", "-f"], input=f"{password}\n".encode(), capture_output=True, check=True
    )
    assert credentials.vnc_password_entry(password) == ran.stdout


def test_only_eight_characters_count() -> None:
    assert credentials.vnc_password_entry("12345678rest") == credentials.vnc_password_entry(
        "12345678"
    )


@given(st.text(st.characters(max_codepoint=255), max_size=8), st.binary(min_size=16, max_size=16))
def test_any_password_gives_sixteen_bytes(password: str, challenge: bytes) -> None:
    assert len(credentials.vnc_response(password, challenge)) == 16


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (credentials.ticket, r"[A-Za-z0-9_-]{43}"),
        (credentials.vnc_password, r"[A-Za-z0-9]{8}"),
        (credentials.folder_suffix, r"[a-z0-9]{8}"),
        (lambda: credentials.x_cookie().hex(), r"[0-9a-f]{32}"),
    ],
)
def test_secrets_have_their_form_and_never_repeat(make: Callable[[], str], form: str) -> None:
    made = [make() for _ in range(200)]
    assert all(re.fullmatch(form, one) for one in made)
    assert len(set(made)) == len(made)
