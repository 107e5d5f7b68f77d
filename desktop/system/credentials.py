"""One-time secrets (tickets, passwords, keys, X cookies), and VNC's handling of passwords."""

from __future__ import annotations

import hashlib
import hmac
import string
from secrets import choice, token_bytes, token_hex, token_urlsafe

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from .access import Access

VNC_PASSWORD_LENGTH = 8  # the most that VncAuth uses (rfbproto, "VNC Authentication")

# vncpasswd's fixed key for passwords in files. It is public: the file's mode protects the password.
_VNC_FILE_KEY = bytes((23, 82, 107, 6, 35, 78, 88, 7))

_ALPHABET = string.ascii_letters + string.digits


def ticket() -> str:
    """Return a new ticket, safe in URLs and in ``Sec-WebSocket-Protocol``; 256 bits."""
    return token_urlsafe(32)


def folder_suffix() -> str:
    """Return 8 random lower-case letters and digits for the name of a folder."""
    return "".join(choice(string.ascii_lowercase + string.digits) for _ in range(8))


def vnc_password() -> str:
    """Return a new VNC password: 8 letters and digits, 47 bits."""
    return "".join(choice(_ALPHABET) for _ in range(VNC_PASSWORD_LENGTH))


def password() -> str:
    """Return a new password: 32 letters and digits, 190 bits."""
    return "".join(choice(_ALPHABET) for _ in range(32))


def key() -> str:
    """Return a new key for a display server that encrypts: 256 bits, in hexadecimal digits."""
    return token_hex(32)


def key_for(key: str, access: Access) -> str:
    """Return the key for viewers with ``access``; the view-only key does not reveal the other."""
    if access is Access.FULL:
        return key
    return hmac.new(key.encode(), access.value.encode(), hashlib.sha256).hexdigest()


def x_cookie() -> bytes:
    """Return a new MIT-MAGIC-COOKIE-1: 16 bytes (Xsecurity(7))."""
    return token_bytes(16)


def vnc_password_entry(password: str) -> bytes:
    """Return the 8 bytes that encode ``password`` in a VNC password file (vncpasswd(1))."""
    return _des(_VNC_FILE_KEY, _padded(password))


def vnc_response(password: str, challenge: bytes) -> bytes:
    """Return the answer to a 16-byte VncAuth challenge (rfbproto, "VNC Authentication")."""
    return _des(_padded(password), challenge)


def _padded(password: str) -> bytes:
    return password.encode("latin-1")[:VNC_PASSWORD_LENGTH].ljust(VNC_PASSWORD_LENGTH, b"\0")


def _des(key: bytes, blocks: bytes) -> bytes:
    # VNC reverses the bits of each key byte (rfbproto, "VNC Authentication"). Triple DES with three
    # equal keys is DES.
    reversed_key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    encryptor = Cipher(TripleDES(reversed_key * 3), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(blocks) + encryptor.finalize()
