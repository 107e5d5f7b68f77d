"""Sphinx configuration of the documentation site (`make docs`)."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

import jupyter_desktop  # noqa: E402

project = "jupyter-desktop"
author = "The jupyter-desktop developers"
copyright = author  # noqa: A001  the name that Sphinx reads
version = release = jupyter_desktop.__version__

extensions = ["myst_parser", "sphinx_copybutton", "from_code"]
exclude_patterns = ["_*"]
# Links such as security.md#sharing work on the site and in the repository.
myst_heading_anchors = 3
# In console sessions only the commands are copied, without prompts and output.
copybutton_exclude = ".linenos, .gp, .go"
# For {.cards} and {.values}, which site.css styles.
myst_enable_extensions = ["attrs_block"]

html_theme = "pydata_sphinx_theme"
html_title = "jupyter-desktop"
html_logo = "../static/icon.svg"
html_favicon = "../static/icon.svg"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_sidebars = {"**": ["chapters"]}
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": project},
    "navbar_center": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": [],
    "footer_end": [],
}
