"""Every error that a user can see; each says what happened, why, and what to do about it.

DesktopError
├── BadRequest              the request itself is wrong
├── RequestRefused          Jupyter refuses the request
│   └── NotLoggedIn
├── PageMissing             this installation lacks a file of the page
├── ClientMissing           the page lacks the client for this kind of desktop
├── Refused                 the doorman refuses this connection
│   └── ForeignOrigin
├── NotPermitted            the user is logged in, but may not do this
├── ShareEnded              the share link is no longer valid
├── ShareUnsupported        this desktop cannot be shared in that way
├── UnknownSession          there is no desktop of that name
├── UnknownApplication      no application of that name is set up
├── ApplicationUnusable     the description of an application is wrong
├── UnknownViewer           no viewer has that number
├── UnknownStream           a desktop has no stream of that name
├── VideoUnavailable        this desktop cannot be shown as video; its picture is not affected
├── SessionEnded            the desktop has ended
├── NotReady                the desktop is still starting, or does not answer at the moment
├── Unreachable             the desktop runs, but refuses connections
├── BridgeUnavailable       the process that carries the picture cannot be reached
└── StartError              the desktop could not be started
    ├── DisplayServerMissing
    ├── DisplayServerUnsuitable
    ├── StartScriptMissing
    ├── ProgramMissing
    ├── RuntimeFolderUnusable
    ├── StartFailed
    ├── StartTimeout
    ├── JobRefused          Slurm does not accept the job
    └── JobEnded            the job ended before its time
"""

from __future__ import annotations

from typing import Any


class DesktopError(Exception):
    """An error with a message for the user.

    ``message`` says what happened and why, ``remedy`` what to do, and ``command`` is something to
    paste into a terminal. ``reason`` is the stable name that programs compare.
    """

    reason = "error"
    status = 500

    def __init__(
        self, message: str, *, remedy: str | None = None, command: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.command = command

    def as_json(self) -> dict[str, Any]:
        """Return the body of an HTTP answer: ``{message, reason, remedy, command}``."""
        return {
            "message": self.message,
            "reason": self.reason,
            "remedy": self.remedy,
            "command": self.command,
        }

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.remedy, self.command) if part)


def from_json(values: dict[str, Any]) -> DesktopError:
    """Return the error that another process of ours sent as ``as_json``."""
    kinds = {kind.reason: kind for kind in _below(DesktopError)}
    kind = kinds.get(values["reason"], DesktopError)
    return kind(values["message"], remedy=values["remedy"], command=values["command"])


def _below(kind: type[DesktopError]) -> list[type[DesktopError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _below(one))]


class BadRequest(DesktopError):
    """The request itself is wrong."""

    reason = "bad-request"
    status = 400


class RequestRefused(DesktopError):
    """Jupyter itself refuses this request. ``reason`` is "http-" and its status."""


class NotLoggedIn(RequestRefused):
    """The request has no login, or one without permission for this."""

    reason = "forbidden"
    status = 403


def request_refused(status: int, message: str) -> RequestRefused:
    """Return the error for an HTTP ``status`` that Jupyter answers."""
    if status in (401, 403):
        remedy = "Log in to Jupyter, and open the desktop from there."
        return NotLoggedIn(message, remedy=remedy)
    error = RequestRefused(message)
    error.status, error.reason = status, f"http-{status}"
    return error


class PageMissing(DesktopError):
    """This installation lacks a file of the page."""

    reason = "page-missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The page was not built into this installation of jupyter-desktop: {name} is missing.",
            remedy="Reinstall it from a wheel, or from source with Node.js installed.",
        )


class ClientMissing(DesktopError):
    """The client that shows a desktop of this kind is not installed, or not suitable."""

    reason = "client-missing"


class Refused(DesktopError):
    """The doorman refuses this connection: its ticket is not valid."""

    reason = "ticket-refused"
    status = 403


class ForeignOrigin(Refused):
    """The request comes from another origin (cross-site request forgery, WebSocket hijacking).

    Or a proxy has changed ``host``, the request's Host header.
    """

    reason = "foreign-origin"

    def __init__(self, origin: str, host: str) -> None:
        super().__init__(
            f"This page comes from {origin[:200]!r}, but Jupyter's address is {host[:200]!r}: "
            f"it does not answer pages of other servers.",
            remedy="If both are the same server, a reverse proxy changes the header Host: "
            "configure it to pass Host on (nginx: proxy_set_header Host $http_host; Apache: "
            "ProxyPreserveHost On). Otherwise open the desktop from Jupyter itself; the "
            "administrator may also allow that origin with ServerApp.allow_origin.",
        )


class NotPermitted(DesktopError):
    """Jupyter's authorizer lets the user read, but not use this desktop."""

    reason = "not-permitted"
    status = 403


def not_permitted() -> NotPermitted:
    """Return the error for a user who may use a desktop only through a share link."""
    return NotPermitted(
        "You may use this server's desktops only through a share link.",
        remedy="Ask the owner of a desktop for a link, and open it.",
    )


class ShareEnded(DesktopError):
    """The share link has expired, or its owner has ended it."""

    reason = "share-ended"
    status = 410


class ShareUnsupported(DesktopError):
    """This desktop cannot be shared in that way."""

    reason = "share-unsupported"
    status = 409


class UnknownSession(DesktopError):
    """There is no desktop of that name on this server."""

    reason = "unknown-session"
    status = 404


class UnknownApplication(DesktopError):
    """No application of that name is set up."""

    reason = "unknown-application"
    status = 404


class ApplicationUnusable(DesktopError):
    """The description of an application is wrong."""

    reason = "application-unusable"
    status = 409


class UnknownViewer(DesktopError):
    """No viewer of this desktop has that number, or it has disconnected."""

    reason = "unknown-viewer"
    status = 404


class UnknownStream(DesktopError):
    """A desktop has no stream of that name."""

    reason = "unknown-stream"
    status = 404


class VideoUnavailable(DesktopError):
    """This desktop cannot be shown as video while it moves; the usual picture is not affected."""

    reason = "video-unavailable"
    status = 409


class SessionEnded(DesktopError):
    """The desktop has ended: logged out, stopped, or killed."""

    reason = "session-ended"
    status = 410


class NotReady(DesktopError):
    """The desktop is still starting, or its display server does not answer yet."""

    reason = "not-ready"
    status = 409


class Unreachable(DesktopError):
    """The desktop runs, but no viewer can connect: its folder was removed, or is full."""

    reason = "unreachable-desktop"
    status = 500


class BridgeUnavailable(DesktopError):
    """The bridge process could not be started or did not accept the connection."""

    reason = "bridge-unavailable"
    status = 503


class StartError(DesktopError):
    """The desktop could not be started."""

    reason = "start-failed"


class DisplayServerMissing(StartError):
    """No display server is installed where the desktop should run."""

    reason = "display-server-missing"


class DisplayServerUnsuitable(StartError):
    """A display server is installed, but it lacks something that is needed."""

    reason = "display-server-unsuitable"


class StartScriptMissing(StartError):
    """The start script that the settings name does not exist."""

    reason = "start-script-missing"


class ProgramMissing(StartError):
    """The program of an application is not installed where its session runs."""

    reason = "program-missing"


class RuntimeFolderUnusable(StartError):
    """No folder could be found for the sockets and secrets of a desktop."""

    reason = "runtime-folder-unusable"


class StartFailed(StartError):
    """Something that was started ended before the desktop was up."""


class StartTimeout(StartError):
    """Something that was started did not get ready in time."""

    reason = "start-timeout"


class JobRefused(StartError):
    """Slurm did not accept the job in which the desktop was to run."""

    reason = "job-refused"


class JobEnded(StartError):
    """The job with the desktop ended before its time."""

    reason = "job-ended"
