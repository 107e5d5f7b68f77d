"""nginx and Apache with TLS and HTTP/2, configured by the files in docs/deploy/."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.clients import dial
from tests.servers import Certificate, free_port, until

from .hub import DOCUMENTED

# More than the 20 seconds between the heartbeats, and less than the usual 60.
IDLE = 24

# The snippet in a configuration like that of distributions, with our folders.
_NGINX = """
{user}
daemon off;
worker_processes 1;
pid {root}/pid;
error_log {root}/log notice;
events {{}}
http {{
    access_log {root}/access.log;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    include {root}/snippet.conf;
}}
"""

_APACHE = """
ServerRoot {root}
DefaultRuntimeDir {root}
PidFile {root}/pid
ErrorLog {root}/log
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:{port}
{modules}
# Otherwise newer versions use mod_proxy_http instead of mod_proxy_wstunnel.
<IfDirective ProxyWebsocketFallbackToProxyHttp>
ProxyWebsocketFallbackToProxyHttp Off
</IfDirective>
LogFormat "%h %t \\"%r\\" %>s %b" common
CustomLog {root}/access.log common
Include {root}/snippet.conf
"""
_MODULES = ["mpm_event", "authz_core", "alias", "ssl", "http2", "headers", "proxy", "proxy_http"]
_OLDER_MODULES = [*_MODULES, "proxy_wstunnel", "rewrite"]


class Front:
    """A reverse proxy with TLS at ``port``, in front of ``target``."""

    def __init__(self, kind: str, target: int, changes: Mapping[str, str]) -> None:
        self.kind = kind
        self.root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp"))
        self.port = free_port()
        self.certificate = Certificate.make(self.root)
        self._process: subprocess.Popen[bytes] | None = None
        kinds: dict[str, Callable[[], tuple[str, list[str]]]] = {
            "nginx": self._nginx,
            "apache": lambda: self._apache(_MODULES),
            "apache-older": lambda: self._apache(_OLDER_MODULES),
        }
        configuration, self._command = kinds[kind]()
        (self.root / "main.conf").write_text(configuration)
        (self.root / "snippet.conf").write_text(self._snippet(target, changes))

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def log(self) -> str:
        return (self.root / "log").read_text(errors="replace")

    def start(self) -> None:
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._listens, f"{self.kind} to listen", 10)

    def stop(self) -> None:
        """Kill it, since at SIGTERM Apache waits for its connections."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def _listens(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"{self.kind} ended:\n{self.log}"
        try:
            dial(self.address, self.certificate.context()).close()
        except OSError:
            return False
        return True

    def _snippet(self, target: int, changes: Mapping[str, str]) -> str:
        """Return the documented file with a site's values, and ``changes``."""
        text = (DOCUMENTED / f"{self.kind}.conf").read_text()
        site = {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "*:443": f"127.0.0.1:{self.port}",
            "hub.example.org;": "localhost;",
            "ServerName hub.example.org": "ServerName localhost",
            "/etc/ssl/certs/hub.example.org.pem": str(self.certificate.certificate),
            "/etc/ssl/private/hub.example.org.key": str(self.certificate.key),
            "127.0.0.1:8000": f"127.0.0.1:{target}",
            "timeout 60s": f"timeout {IDLE}s",
            "ProxyTimeout 60": f"ProxyTimeout {IDLE}",
        }
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        for old, new in site.items():
            text = text.replace(old, new)
        return text

    def _nginx(self) -> tuple[str, list[str]]:
        user = "user root;" if os.getuid() == 0 else ""
        program = _program("nginx")
        command = [program, "-p", str(self.root), "-c", str(self.root / "main.conf")]
        # The default log belongs to the system's nginx.
        return _NGINX.format(root=self.root, user=user), [*command, "-e", str(self.root / "log")]

    def _apache(self, names: Sequence[str]) -> tuple[str, list[str]]:
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names
        )
        text = _APACHE.format(root=self.root, port=self.port, modules=modules)
        return text, [_program("apache2"), "-DFOREGROUND", "-f", str(self.root / "main.conf")]


@contextmanager
def running_front(
    kind: str, target: int, changes: Mapping[str, str] | None = None
) -> Iterator[Front]:
    """Run a proxy with the documented file ``kind``; ``changes`` are replacements in it."""
    front = Front(kind, target, changes or {})
    try:
        front.start()
        yield front
    finally:
        front.stop()
        shutil.rmtree(front.root)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is missing"
    return found
