"""The documentation site: it builds without a warning, its links lead somewhere, it needs no network."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src"}


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, text: str):
        super().__init__()
        self.links, self.loaded, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if attributes.get(LOADED.get(tag, "")):
            self.loaded.append(attributes[LOADED[tag]])
        self.ids.add(attributes.get("id"))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    for needed in ("sphinx", "myst_nb", "furo", "numpydoc"):
        pytest.importorskip(needed, reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-E", "-d", str(folder / "doctrees"), "-c", "docs"]
    build = [sys.executable, "-m", "sphinx", *options, ".", str(folder / "html")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def test_every_internal_link_leads_somewhere(site, pages):
    broken = []
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            is_place = not place or target not in pages or place in pages[target].ids
            if not target.is_file() or not is_place:
                broken.append(f"{path.relative_to(site)} → {link}")
    assert not broken
    assert sum(len(page.links) for page in pages.values()) > 1000  # the parser has seen them


def test_nothing_is_loaded_from_elsewhere(site, pages):
    assert not {url for page in pages.values() for url in page.loaded if urlsplit(url).netloc}
    assert not [path for path in site.rglob("*.css") if "@import" in path.read_text(encoding="utf-8")]


def test_pages_are_there_for_every_notebook_command_and_name(site):
    import l1000_rnaseq as lr
    from l1000_rnaseq.cli.group import HEADINGS

    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert (site / "notebooks" / f"{notebook.stem}.html").is_file()
        assert f"{notebook.stem}.html" in (site / "docs" / "made" / "gallery.html").read_text(
            encoding="utf-8"
        )
    commands = Page((site / "docs" / "made" / "command_line.html").read_text(encoding="utf-8")).ids
    assert {command.name for group in HEADINGS.values() for command in group} <= commands
    names = Page((site / "docs" / "made" / "python" / "index.html").read_text(encoding="utf-8")).ids
    assert {f"lr-{name.lower().replace('_', '-')}" for name in lr.__all__ if name != "__version__"} <= names


def test_the_search_knows_words_of_the_pages(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "perturbagen" in index and "connect" in index


def test_llms_txt_names_pages_that_are_there(site):
    lines = (site / "llms.txt").read_text(encoding="utf-8").splitlines()
    urls = [line.split("](")[1].split(")")[0] for line in lines if line.startswith("- [")]
    assert len(urls) > 15 and not [url for url in urls if not (site / url).is_file()]


def test_words_of_the_readme_are_in_the_glossary():
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
    readme = (ROOT / "README.md").read_text(encoding="utf-8").split("## Words")[1].split("## ")[0]
    words = [
        line.split("**")[1].split(" (")[0].lower() for line in readme.splitlines() if line.startswith("- **")
    ]
    assert len(words) == 12 and not [word for word in words if word not in glossary]
