"""Answers at each address, and their headers."""

from __future__ import annotations

from tests.servers import Answer

SCRIPT = "<img src=x onerror=alert(1)>"

# Method, address, status; all answers have our headers.
ADDRESSES = {
    "page": ("GET", "desktop/", 200),
    "page of another desktop": ("GET", "desktop/sessions/other/", 200),
    "page of no desktop": ("GET", "desktop/sessions/a%20b/", 400),
    "page with an unknown backend": ("GET", "desktop/?backend=%3Cimg%3E", 400),
    "page that is posted to": ("POST", "desktop/", 405),
    "redirect": ("GET", "desktop", 302),
    "script": ("GET", "desktop/static/desktop.js", 200),
    "picture": ("GET", "desktop/static/icon.svg", 200),
    "no file": ("GET", "desktop/static/nothing.js", 404),
    "folder": ("GET", "desktop/static/./", 403),
    "no script of Xpra's": ("GET", "desktop/xpra/index.html", 404),
    "list": ("GET", "desktop/api/sessions", 200),
    "bad request": ("POST", "desktop/api/sessions/%00/restart", 400),
    "unknown desktop": ("GET", "desktop/api/sessions/unknown", 404),
    "wrong method": ("PUT", "desktop/api/sessions", 405),
    "door": ("GET", "desktop/socket/default", 400),
}

# Addresses with a script in the place of {}: CVE-2024-35225. The status is None if Jupyter or
# jupyter-server-proxy answers.
WITH_A_SCRIPT: dict[str, int | None] = {
    "proxy/{}/": None,
    "proxy/{}:80/": None,
    "proxy/absolute/{}:80/": None,
    "desktop-websockify/{}": None,
    "desktop/sessions/{}/": 400,
    "desktop/?backend={}": 400,
    "desktop/{}": None,
    "desktop/static/{}": 404,
    "desktop/xpra/{}": 404,
    "desktop/api/sessions/{}": 404,
    "desktop/socket/{}": 400,
}

# Addresses that could be redirected to another host: CVE-2021-3654.
OPEN_REDIRECTS = [
    "/evil.example/%2f..",
    "/evil.example/%2e%2e",
    "/evil.example/..",
    "/evil.example/desktop",
    "/evil.example/desktop/?token=x",
    "desktop//evil.example/%2f..",
    "desktop/static//evil.example/%2e%2e",
    "desktop/xpra//evil.example/%2f..",
    "desktop/sessions//evil.example/",
    "desktop-websockify//evil.example/%2f..",
    "desktop-websockify/%2f%2fevil.example/%2f..",
    "desktop?next=//evil.example",
    "desktop?token=x&//evil.example",
]

# Addresses that could lead out of the files that are served (CWE-22).
FILES = [
    *("static/..%2fapp.py", "static/%2e%2e/app.py", "static/%2e%2e%2f%2e%2e%2fapp.py"),
    *("static//etc/passwd", "static/%2fetc%2fpasswd", "static/desktop.js%00.svg", "static/./"),
    *("static/..%5capp.py", "static/%252e%252e/app.py", "static/%ff", "static/" + "x/" * 500),
    *("xpra/index.html", "xpra/connect.html", "xpra/default-settings.txt", "xpra/js/"),
    *("xpra/..%2fwww%2findex.html", "xpra/js/%2e%2e/index.html", "xpra//etc/passwd"),
    *("xpra/js%2f..%2f..%2f..%2fpasswd", "xpra/js/Client.js%00", "xpra/js/lib/../Client.js"),
]


def assert_strict(answer: Answer, ancestors: str = "'self'") -> dict[str, str]:
    """Check the headers of all answers; return the policy's directives."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    directives = answer.headers["Content-Security-Policy"].split("; ")
    policy = dict(one.split(" ", 1) for one in directives)
    assert len(policy) == len(directives), "of two directives of one name the second is ignored"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == ancestors
    assert "unsafe" not in str(policy)
    return policy
