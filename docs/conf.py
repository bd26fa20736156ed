"""Settings of the documentation site: `make docs` builds it into build/site.

The source folder is the repository itself: README, notebooks and tables are shown as they are, and their
links to each other work. Notebooks are shown as they were executed; none is run.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import l1000_rnaseq
from made_pages import ROOT, make_pages
from mathml import add_mathml

project = "l1000-rnaseq"
author = copyright = "the l1000_rnaseq contributors"
version = release = l1000_rnaseq.__version__
language = "en"

extensions = ["myst_nb"]
root_doc = "docs/index"
include_patterns = [
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "docs/**.md", "notebooks/*.ipynb",
    "notebooks/results/README.md", "benchmarks/README.md", "appyters/publish/README.md",
    "lib/l1000_rnaseq/assets/README.md",
]  # fmt: skip
# folders that need not be looked into
exclude_patterns = [
    ".*", "build", "demo", "reports", "tests", "work", "**/work", "**/__pycache__", "**/.ipynb_checkpoints"
]  # fmt: skip

html_theme = "furo"
html_title = "L1000 → RNA-seq"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["made/extra"]
html_copy_source = False
smartquotes = False  # --down is an option, not a dash
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # from disk a browser may not fetch the pages it would quote

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_math_renderer = "mathml"


def setup(app):
    """Write what is made from the library before the sources are read."""
    add_mathml(app)
    make_pages(ROOT / "docs" / "made")
