"""The table of refusals: a request, the papers shown with it, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.integration.web_security.papers import (
    API,
    EVIL,
    LONG,
    OURS,
    WEBSOCKET,
    Papers,
    Request,
)


@dataclass(frozen=True)
class Refusal:
    """The answer: status, our reason, a part of the message, and how many lines of log."""

    status: int
    reason: str
    says: str = ""
    lines: int = 2


NOBODY = Papers()
SCRIPT = Papers("token")
PAGE = Papers("cookie", "page's", OURS)  # its WebSocket
BROWSER = Papers("cookie", xsrf="own")  # its calls of the API


def websocket(name: str = "default", **changed: str | None) -> Request:
    headers = {header.replace("_", "-"): value for header, value in changed.items()}
    return Request(WEBSOCKET, f"desktop/socket/{name}", changed=headers)


def call(method: str, path: str = "", body: bytes | None = None) -> Request:
    return Request(method, API + path, body)


def ticket(one: str) -> Papers:
    return replace(SCRIPT, ticket=one)


def page(**changed: str) -> Papers:
    return replace(PAGE, **changed)


def browser(**changed: str) -> Papers:
    return replace(BROWSER, **changed)


NOT_AUTHORIZED = Refusal(403, "forbidden", "Not logged in")
NOT_LOGGED_IN = Refusal(403, "forbidden", lines=1)  # Jupyter's own line only
NOT_UPGRADED = Refusal(400, "bad-request", "only WebSocket requests")
NO_TICKET = Refusal(403, "ticket-refused", "no ticket")
USED = Refusal(403, "ticket-refused", "The ticket has been used.")
NOT_FOR_THIS = Refusal(403, "ticket-refused", "The ticket is for another desktop or user.")
UNKNOWN = Refusal(404, "unknown-session")
FOREIGN = Refusal(403, "foreign-origin", EVIL)
NO_XSRF = Refusal(403, "forbidden", "'_xsrf' argument missing")
TOO_LONG = Refusal(400, "bad-request", "too long")

Row = tuple[Request, Papers, Refusal]

ROWS: dict[str, Row] = {
    # The login: CVE-2024-28179, WebSockets without one
    "WebSocket of nobody": (websocket(), NOBODY, NOT_AUTHORIZED),
    "WebSocket without a login": (websocket(), page(login=""), NOT_AUTHORIZED),
    "WebSocket with a wrong token": (websocket(), Papers("wrong token"), NOT_AUTHORIZED),
    "WebSocket with a forged cookie": (websocket(), Papers("forged cookie"), NOT_AUTHORIZED),
    # The handshake: RFC 6455, section 4.2.1
    "WebSocket without Upgrade": (websocket(Upgrade=None), SCRIPT, NOT_UPGRADED),
    "WebSocket without Connection": (websocket(Connection=None), SCRIPT, NOT_UPGRADED),
    "WebSocket with Connection: close": (websocket(Connection="close"), SCRIPT, NOT_UPGRADED),
    "WebSocket without a key": (
        websocket(Sec_WebSocket_Key=None),
        SCRIPT,
        Refusal(400, "bad-request", "16 bytes"),
    ),
    "WebSocket of version 8": (
        websocket(Sec_WebSocket_Version="8"),
        SCRIPT,
        Refusal(400, "bad-request", "must be 13"),
    ),
    # The ticket
    "WebSocket without a protocol": (websocket(), ticket("no protocol"), NO_TICKET),
    "WebSocket without a ticket": (websocket(), ticket("no ticket"), NO_TICKET),
    "WebSocket of our page without a ticket": (websocket(), page(ticket="no ticket"), NO_TICKET),
    "invented ticket": (
        websocket(),
        ticket("invented"),
        Refusal(403, "ticket-refused", "is unknown"),
    ),
    "used ticket": (websocket(), ticket("used script's"), USED),
    "used ticket of our page": (websocket(), page(ticket="used page's"), USED),
    "ticket of another desktop": (websocket("second"), SCRIPT, NOT_FOR_THIS),
    "ticket of another desktop, our page": (websocket("second"), PAGE, NOT_FOR_THIS),
    # Each login is a user of its own.
    "ticket of another user": (websocket(), page(login="another user's cookie"), NOT_FOR_THIS),
    # The name
    "WebSocket to an unknown desktop": (websocket("unknown"), SCRIPT, UNKNOWN),
    "WebSocket to ..": (websocket(".."), SCRIPT, UNKNOWN),
    "WebSocket to a/../default": (websocket("a%2F..%2Fdefault"), SCRIPT, UNKNOWN),
    "WebSocket to ../second": (websocket("..%2fsecond"), PAGE, UNKNOWN),
    "WebSocket to NUL": (websocket("%00"), SCRIPT, UNKNOWN),
    "WebSocket to a name of 5,000 letters": (websocket("x" * 5000), SCRIPT, UNKNOWN),
    # The origin: RFC 6455, section 10.2; a sandboxed page's is "null" (RFC 6454, section 7.1)
    "WebSocket of another origin": (websocket(), page(origin=EVIL), FOREIGN),
    "WebSocket of a sandboxed page": (
        websocket(),
        page(origin="null"),
        Refusal(403, "foreign-origin", "null"),
    ),
    "WebSocket of another port": (
        websocket(),
        page(origin="http://localhost:1"),
        Refusal(403, "foreign-origin", "http://localhost:1"),
    ),
    "WebSocket of an origin without a host": (
        websocket(),
        page(origin="http://"),
        Refusal(403, "foreign-origin", "http://"),
    ),
    "POST of another origin": (call("POST"), browser(origin=EVIL), FOREIGN),
    "ticket for another origin": (call("POST", "/default/ticket"), browser(origin=EVIL), FOREIGN),
    # The XSRF token: a cookie alone does not do.
    "POST with another XSRF token": (
        call("POST"),
        browser(xsrf="another user's"),
        Refusal(403, "forbidden", "does not match"),
    ),
    **{
        f"{method} {path} without the XSRF token": (call(method, path), browser(xsrf=""), NO_XSRF)
        for method, path in [
            ("POST", ""),
            ("DELETE", "/default"),
            ("POST", "/default/ticket"),
            ("POST", "/default/restart"),
            ("PUT", "/default/geometry"),
            ("POST", "/default/shares"),
            ("DELETE", "/default/shares/x"),
            ("DELETE", "/default/viewers/1"),
        ]
    },
    # The API without a login
    **{
        f"{method} {path} with {login or 'no login'}": (
            call(method, path),
            Papers(login),
            NOT_LOGGED_IN if method == "GET" else NO_XSRF,
        )
        for login in ("", "wrong token")
        for method, path in [
            ("GET", ""),
            ("POST", ""),
            ("GET", "/default"),
            ("DELETE", "/default"),
            ("POST", "/default/restart"),
            ("GET", "/default/events"),
            ("PUT", "/default/geometry"),
            ("POST", "/default/ticket"),
        ]
    },
    # The body: more than 64 KiB
    **{
        f"10 MiB to {method} {path}": (call(method, path, LONG), BROWSER, TOO_LONG)
        for method, path in [
            ("POST", ""),
            ("POST", "/default/ticket"),
            ("POST", "/default/restart"),
            ("PUT", "/default/geometry"),
            ("POST", "/default/shares"),
        ]
    },
    # Names that would lead elsewhere, or into the log (CWE-117)
    **{
        f"{method} {name}{path}": (
            call(method, f"/{name}{path}"),
            BROWSER,
            Refusal(400, "bad-request", "cannot be the name") if path == "/restart" else UNKNOWN,
        )
        for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/restart"), ("POST", "/ticket")]
        for name in ("..%2f..%2fdefault", "%2e%2e", "%00", "%0d%0aSet-Cookie:%20a=b")
    },
    # The ticket's lifetime passes while the rows above are tried.
    "expired ticket": (
        websocket(),
        ticket("expired"),
        Refusal(403, "ticket-refused", "The ticket has expired."),
    ),
}
