"""How Sphinx makes the site of these files: `make docs`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

import desktop  # noqa: E402

project = "jupyter-desktop"
author = "The jupyter-desktop developers"
copyright = author  # noqa: A001  Sphinx wants it so
version = release = desktop.__version__

extensions = ["myst_parser", "sphinx_copybutton", "from_code"]
exclude_patterns = ["_ext"]
# Links such as security.md#sharing are for the site and for readers of the files alike.
myst_heading_anchors = 3
# What starts with a prompt is a session: copy the commands, not the prompts.
copybutton_exclude = ".linenos, .gp"

html_theme = "pydata_sphinx_theme"
html_title = "jupyter-desktop"
html_logo = "../static/icon.svg"
html_favicon = "../static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_nav_level": 1,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}
