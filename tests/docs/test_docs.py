"""The documentation builds without warnings, and agrees with the program."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from traitlets import HasTraits

from jupyter_desktop.app import DesktopApp, settings_of
from jupyter_desktop.system import packages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
IMAGES = sorted((DOCS / "images").iterdir())
_CONFIGURABLE: list[type[HasTraits]] = [DesktopApp, *DesktopApp.classes]
SETTINGS = [
    (kind.__name__, name, trait.help)
    for kind in _CONFIGURABLE
    for name, trait in settings_of(kind).items()
]
_READABLE = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


@dataclass
class Page(HTMLParser):
    """Links, resources, anchors and text of a page of the site."""

    path: Path
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text())

    @cached_property
    def text(self) -> str:
        return _words("".join(self.words))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attributes if value}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a":
            self.links += [values["href"]] if "href" in values else []
        else:
            self.loaded += [values[name] for name in ("src", "href", "data") if name in values]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built like `make docs`, without warnings."""
    folder = tmp_path_factory.mktemp("site")
    strict = ("--fail-on-warning", "--keep-going", "--nitpicky", "--quiet")
    command = [sys.executable, "-m", "sphinx", *strict, str(DOCS), str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Its pages by path."""
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def test_every_link_of_the_site_has_a_target(pages: dict[Path, Page]) -> None:
    broken = [
        f"{page.path.name}: {link}"
        for page in pages.values()
        for link in page.links
        if _is_local(link) and not _leads_somewhere(page, link, pages)
    ]
    assert not broken
    assert sum(len(page.links) for page in pages.values()) > 100


def _is_local(link: str) -> bool:
    return not urlsplit(link).scheme and not link.startswith("//")


def _leads_somewhere(page: Page, link: str, pages: dict[Path, Page]) -> bool:
    address = urlsplit(urljoin(page.path.as_uri(), link))
    path = Path(unquote(address.path))
    if path in pages and address.fragment:
        return unquote(address.fragment) in pages[path].anchors
    return path.is_file()


def test_pages_load_nothing_from_other_sites(site: Path, pages: dict[Path, Page]) -> None:
    loaded = [link for page in pages.values() for link in page.loaded]
    styles = [style.read_text() for style in site.rglob("*.css")]
    named = [link for style in styles for link in re.findall(r"url\(['\"]?([^'\")]+)", style)]
    elsewhere = [link for link in [*loaded, *named] if not _is_local(link)]
    assert [link for link in elsewhere if not link.startswith("data:")] == []
    assert len(loaded) > 100


@pytest.mark.parametrize(("kind", "name", "text"), SETTINGS, ids=[one[1] for one in SETTINGS])
def test_every_setting_is_listed_with_its_help(
    pages: dict[Path, Page], site: Path, kind: str, name: str, text: str
) -> None:
    page = pages[site / "configure.html"]
    assert f"{kind}.{name}".lower().replace(".", "-").replace("_", "-") in page.anchors
    assert _words(text) in page.text


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("Slurm.warnings", "a list of numbers by default 10 0 2 0"),
        ("Slurm.choices", "a list of any of partition hours gpus account by default"),
        ("DesktopApp.other_placements", "a list of any of local slurm by default"),
        ("Xpra.arguments", "a list of texts by default"),
    ],
)
def test_element_types_of_list_settings_are_shown(
    pages: dict[Path, Page], site: Path, setting: str, values: str
) -> None:
    kind, _, name = setting.partition(".")
    assert f"{kind} {name} {values}" in pages[site / "configure.html"].text


def _words(text: str) -> str:
    """Return the words of a text: quotes, backticks and line ends differ in help and site."""
    return re.sub(r"\W+", " ", text)


@pytest.mark.parametrize("file", _READABLE, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_in_the_repository_has_a_target(file: Path) -> None:
    for link in _links(file):
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def _links(file: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", _without_code(file.read_text())):
        if _is_local(link):
            yield link


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)


def _anchors(file: Path) -> set[str]:
    """Return the anchors of a file's headings on forge and site."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    if file.name == "configure.md":  # settings have anchors on the site only
        headings += [f"{kind}.{name}" for kind, name, _ in SETTINGS]
    named = re.findall(r"^\(([\w-]+)\)=$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings} | {*named}


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_every_picture_is_small_and_used(image: Path) -> None:
    assert image.stat().st_size < 150_000
    assert any(f"images/{image.name})" in file.read_text() for file in _READABLE)


def test_pictures_are_those_that_the_tests_make() -> None:
    made = (ROOT / "tests" / "browser" / "test_pictures.py").read_text()
    names = set(re.findall(r'keep\([\w.]+, "([\w-]+)"\)', made))
    assert {image.stem for image in IMAGES if image.suffix == ".png"} == names


@pytest.mark.parametrize("family", ["debian", "fedora", "rhel", "suse", "arch", "alpine"])
@pytest.mark.parametrize("thing", ["tigervnc", "xfce"])
def test_install_commands_are_those_of_the_program(family: str, thing: str) -> None:
    command = packages.install_command(thing, {"ID": family})
    assert f"`{command}`" in (DOCS / "install.md").read_text()


@pytest.mark.parametrize("source", ["endings.ts", "guest-endings.ts"])
def test_every_title_of_an_ending_is_in_troubleshooting(source: str) -> None:
    code = (ROOT / "static" / "src" / "view" / source).read_text()
    # In place of an application's title.
    code = re.sub(r"\$\{[\w.]*(This|The)\}", r"\1 desktop", code)
    titles = re.findall(r'title: ["`]([^"`]+)["`]', code)
    page = (DOCS / "troubleshooting.md").read_text()
    assert titles
    assert [title for title in titles if f'"{title}' not in page] == []
