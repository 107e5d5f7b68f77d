"""Runs Xpra's server with seven changes, in Xpra's Python.

    python -I guard.py /usr/bin/xpra start-desktop …
    python -I guard.py --aes     # prints why it cannot encrypt; nothing if it can

Control commands are off. Otherwise any viewer may send some, in its hello packet or later, and so
turn on a clipboard that the settings forbid (Xpra 3.1 to 6.2; 6.3 has ``--control=no``).

Viewers wait until Xpra has initialised its encodings. Otherwise one that connects too early gets
raw pixels until it disconnects (Xpra 3.1.3).

With ``--readonly=yes`` viewers are view-only. Xpra itself drops their keys and clicks, but lets the
hello packet of the first of them resize the screen, among other things; so hello packets are
reduced to the capabilities that shape pictures. View-only viewers get the position of the pointer,
which is not part of the picture; Xpra sends it only for screens that it shadows.

Clipboard packets take effect before the keys that follow. Xpra defers them to a later iteration of
GLib's main loop (Xpra 3.1.3), so those keys would paste the previous text.

A text that is copied before the clipboard's previous owner has answered is sent to viewers. Xpra
requests it from both owners, and takes any answer for the last owner's (Xpra 3.1.3).

GLib callbacks do not leak. PyGObject before 3.44.2 leaks 112 bytes for each, and Xpra schedules
several for each update of the picture: megabytes an hour, until it hangs (Xpra's issues 3603 and
5044).

AES works with a python3-cryptography whose ciphers are written in Rust. They accept no new
attributes, and Xpra 3.1 sets some.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import CDLL, CFUNCTYPE, c_int, c_uint, c_void_p, pythonapi
from types import SimpleNamespace
from typing import Any

# Packets that a viewer must send to get pictures.
_LOOKING = frozenset(
    (
        *("ping", "ping_echo", "damage-sequence", "buffer-refresh"),
        *("map-window", "unmap-window", "configure-window"),
    )
)
# Capabilities that its hello packet may have, up to the first dot of a name: they shape pictures.
_WISHES = frozenset(
    (
        *("version", "namespace", "uuid", "client_type", "session-type", "ui_client", "username"),
        *("challenge", "challenge_response", "challenge_client_salt", "digest", "salt-digest"),
        *("cipher", "compression_level", "zlib", "lz4", "lzo", "brotli", "websocket"),
        *("bencode", "rencode", "yaml", "ping-echo-sourceid"),
        *("encoding", "encodings", "auto_refresh_delay", "windows", "window", "metadata"),
        *("mouse", "cursors", "wants_versions", "wants_features", "wants_encodings"),
        # Those of the readiness probe.
        *("request", "connect_test_request"),
    )
)
_POINTER = 40  # milliseconds between checks of the pointer's position


def main() -> Any:
    """Apply the changes, and run Xpra as its own script does."""
    sys.argv = sys.argv[1:]
    _mend_aes()
    if sys.argv == ["--aes"]:
        return _why_no_aes()
    from xpra.platform import init, set_default_name

    set_default_name("Xpra")
    init()
    _mend_callbacks()
    from xpra.scripts.main import main as xpra
    from xpra.server.server_core import ServerCore

    def refuse(self: Any, protocol: Any, *request: Any) -> None:
        self.disconnect_client(protocol, "permission error", "control commands are off")

    def ignore(self: Any, *command: Any) -> tuple[int, str]:
        return 1, "control commands are off"

    # Fail in a version in which these have other names.
    assert ServerCore.handle_command_request
    assert ServerCore.process_control_command
    welcome, run = ServerCore.hello_oked, ServerCore.run

    def run_and_look(self: Any) -> Any:
        _clipboard_first(self)
        _mend_new_owners()
        if self.readonly:
            self.timeout_add(_POINTER, _tell_pointer, self)
        return run(self)

    def welcome_in_time(self: Any, protocol: Any, packet: Any, wishes: Any, *more: Any) -> Any:
        self.wait_for_threaded_init()
        if self.readonly:
            _only_look(self, wishes)
        return welcome(self, protocol, packet, wishes, *more)

    ServerCore.handle_command_request = refuse
    ServerCore.process_control_command = ignore
    ServerCore.hello_oked = welcome_in_time
    ServerCore.run = run_and_look
    return xpra(sys.argv[0], sys.argv)


def _mend_aes() -> None:
    """Return ciphers with the methods that Xpra calls, if Xpra cannot set these itself."""
    try:
        from xpra.net import pycryptography_backend as backend
    except ImportError:
        return  # another version, or no Xpra

    def mended(make: Callable[..., Any], direction: str, name: str) -> Callable[..., Any]:
        def make_one(*told: Any) -> Any:
            try:
                return make(*told)
            except AttributeError:
                update = getattr(backend._get_cipher(*told), direction)().update
                return SimpleNamespace(**{name: update})

        return make_one

    backend.get_encryptor = mended(backend.get_encryptor, "encryptor", "encrypt")
    backend.get_decryptor = mended(backend.get_decryptor, "decryptor", "decrypt")


def _why_no_aes() -> str | None:
    """Return why this Xpra cannot encrypt, according to its own check; None if it can."""
    try:
        from xpra.net import pycryptography_backend as backend
        from xpra.net.crypto import validate_backend
    except ImportError:
        return None  # another version
    try:
        validate_backend(backend)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _mend_callbacks() -> None:
    """Use one C function for all GLib callbacks instead of one for each."""
    import gi
    from gi.repository import GLib

    if gi.version_info >= (3, 44, 2):
        return
    waiting: dict[int, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
    numbers = itertools.count(1)

    def keep(function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
        number = next(numbers)
        waiting[number] = function, arguments
        return number

    def call(number: int) -> bool:
        function, arguments = waiting[number]
        # The rest is as in PyGObject.
        try:
            return bool(function(*arguments))
        except SystemExit as end:
            pythonapi.Py_Exit(end.code if isinstance(end.code, int) else int(end.code is not None))
        except BaseException:
            with suppress(BaseException):
                sys.excepthook(*sys.exc_info())
        return False

    # GSourceFunc, GDestroyNotify, and the two functions that use them (GLib's reference, "The Main
    # Event Loop").
    source, destroy = CFUNCTYPE(c_int, c_void_p), CFUNCTYPE(None, c_void_p)
    glib = CDLL("libglib-2.0.so.0")
    idle = CFUNCTYPE(c_uint, c_int, source, c_void_p, destroy)
    timeout = CFUNCTYPE(c_uint, c_int, c_uint, source, c_void_p, destroy)
    add_idle, add_timeout = idle(("g_idle_add_full", glib)), timeout(("g_timeout_add_full", glib))
    called, forgotten = source(call), destroy(waiting.__delitem__)

    def idle_add(
        function: Callable[..., Any], *arguments: Any, priority: int = GLib.PRIORITY_DEFAULT_IDLE
    ) -> int:
        return int(add_idle(priority, called, keep(function, arguments), forgotten))

    def timeout_add(
        milliseconds: float,
        function: Callable[..., Any],
        *arguments: Any,
        priority: int = GLib.PRIORITY_DEFAULT,
    ) -> int:
        when = max(0, int(milliseconds))
        return int(add_timeout(priority, when, called, keep(function, arguments), forgotten))

    GLib.idle_add, GLib.timeout_add = idle_add, timeout_add


def _clipboard_first(server: Any) -> None:
    """Call clipboard handlers as packets arrive: they only schedule the work."""
    handlers = server._authenticated_ui_packet_handlers
    for packet_type in [one for one in handlers if one.startswith("clipboard-")]:
        server._authenticated_packet_handlers[packet_type] = handlers.pop(packet_type)


def _mend_new_owners() -> None:
    """Receive the answers of each clipboard owner in properties of their own (ICCCM, 2.2)."""
    try:
        from xpra.x11.gtk_x11 import clipboard
    except ImportError:
        return  # another version
    proxies: Any = getattr(clipboard, "ClipboardProxy", None)
    if not hasattr(proxies, "timeout_get_contents"):
        return
    properties = clipboard.X11Window = _PropertiesByOwner(clipboard.X11Window)
    owner_came = proxies.do_selection_notify_event
    answer_came = proxies.do_property_notify
    answered = proxies.got_local_contents

    def on_owner(self: Any, event: Any) -> None:
        properties.count_owner(self._selection)
        # An owner that always answers too late must not be asked for ever.
        self.repetitions_left = 2
        self.cancel_incr_data_timer()
        self.reset_incr_data()
        self.targets = ()
        owner_came(self, event)

    def on_answer(self: Any, event: Any) -> None:
        if name := properties.current(event.atom):
            answer_came(self, SimpleNamespace(atom=name))
        else:
            # An owner sends the next part of a large answer when the last one is deleted.
            with clipboard.xsync:
                properties.XDeleteProperty(self.xid, event.atom)

    def on_contents(self: Any, target: str, *contents: Any) -> None:
        is_late = bool(contents) and not self.local_requests.get(target)
        answered(self, target, *contents)
        if is_late and self.repetitions_left and self._enabled and self._can_send:
            self.repetitions_left -= 1
            self.schedule_emit_token()

    proxies.repetitions_left = 0
    proxies.do_selection_notify_event = on_owner
    proxies.do_property_notify = on_answer
    proxies.got_local_contents = on_contents


class _PropertiesByOwner:
    """Xpra's access to X windows, with the owner's number in the names of its properties.

    Xpra names them after selection and format alone: "CLIPBOARD-UTF8_STRING".
    """

    _NUMBERS = 64  # X never forgets a name, so the numbers repeat

    def __init__(self, windows: Any) -> None:
        self._windows = windows
        self._owner: dict[str, int] = {}  # by selection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._windows, name)

    def count_owner(self, selection: str) -> None:
        """Use other properties from now on."""
        self._owner[selection] = (self._owner.get(selection, 0) + 1) % self._NUMBERS

    def current(self, name: str) -> str | None:
        """Return Xpra's name of a property; None if it belongs to a previous owner."""
        xpra_name, _, _ = name.rpartition("-")
        return xpra_name if self._numbered(xpra_name) == name else None

    def ConvertSelection(  # noqa: N802
        self, selection: str, target: str, name: str, *more: Any, **options: Any
    ) -> Any:
        return self._windows.ConvertSelection(
            selection, target, self._numbered(name), *more, **options
        )

    def GetWindowPropertyType(self, window: int, name: str, *more: Any) -> Any:  # noqa: N802
        return self._windows.GetWindowPropertyType(window, self._numbered(name), *more)

    def XGetWindowProperty(self, window: int, name: str, *more: Any) -> Any:  # noqa: N802
        return self._windows.XGetWindowProperty(window, self._numbered(name), *more)

    def _numbered(self, name: str) -> str:
        selection, dash, _ = name.partition("-")
        return f"{name}-{self._owner.get(selection, 0)}" if dash else name


def _tell_pointer(server: Any) -> bool:
    """Send the pointer's position to all viewers; return True, so that GLib repeats the call."""
    viewers = [one for one in server._server_sources.values() if one.hello_sent]
    place = tuple(server.root_window.get_pointer()[-3:-1]) if viewers else ()
    for viewer in viewers:
        if getattr(viewer, "pointer_told", None) != place:
            viewer.pointer_told = place
            for window in server._id_to_window:
                viewer.send_async("pointer-position", window, *place)
    return True


def _only_look(server: Any, wishes: Any) -> None:
    """Make a viewer view-only, whatever its hello packet requests."""
    for handlers in (
        server._authenticated_packet_handlers,
        server._authenticated_ui_packet_handlers,
    ):
        for packet_type in set(handlers) - _LOOKING:
            del handlers[packet_type]
    server.set_keyboard_repeat = lambda repeat: None
    for key in list(wishes):
        name = key.decode("latin-1") if isinstance(key, bytes) else key
        probes = name != "request" or wishes.strget(name) == "connect_test"
        if not probes or name.split(".")[0] not in _WISHES:
            del wishes[key]
    wishes["share"] = True  # otherwise it would disconnect the others


if __name__ == "__main__":
    sys.exit(main())
