"""The static site: what writing it costs, and how soon a gene opens in chromium.

    python benchmarks/site.py [--site DIR] [--workers N] [--genes 25] > benchmarks/results/site.md

Writes the pages of all genes of the demo index, unless DIR has them. Then genes drawn at random are opened
one after the other, in a window that has another gene open: from disk and through `python -m http.server`.
Seconds are from the click to the answer with its table, to the first figure, to the whole text with its some
200 rows, and to the volcano plot further down.
"""

import functools
import http.server
import json
import resource
import shutil
import tempfile
import threading
import time
from pathlib import Path

import click
import numpy as np
from l1000_rnaseq.app.gene_card import CardMaker
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.markup import as_script
from l1000_rnaseq.app.site import MADE, SUMS, small, write_site
from l1000_rnaseq.search.index import Index
from printed_table import show

STAGES = {
    "answer and consensus": "#l1k-consensus table tbody tr",
    "first figure": ".l1k-plot svg.main-svg",
    "whole text": ".l1k-foot",
    "volcano": "[id^=l1k-volcano] svg.main-svg",
}
WAIT = """([gene, stages]) => new Promise(done => {
  const begun = performance.now(), seconds = {};
  location.hash = gene;
  const look = () => {
    if (document.title.startsWith(gene + ' ')) {
      for (const name in stages) {
        if (!(name in seconds) && document.querySelector(stages[name])) {
          seconds[name] = (performance.now() - begun) / 1000;
        }
      }
    }
    Object.keys(seconds).length === Object.keys(stages).length ? done(seconds) : setTimeout(look, 4);
  };
  look();
})"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files as `python -m http.server` does, and tells nothing."""

    def log_message(self, *args):
        """Tell nothing."""


def processor_seconds() -> float:
    """Return what this process and those that it waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(of.ru_utime + of.ru_stime for of in used)


def writing(index: Index, folder: Path, workers: int, sample: list[str]) -> dict:
    """Write the site unless it is there; return a row."""
    row = {"genes": len(index.genes), "workers": workers, "wall, min": "–", "CPU, min": "–"}
    if not (folder / SUMS).exists():
        cpu, wall = processor_seconds(), time.perf_counter()
        write_site(index, folder, workers=workers)
        row["wall, min"] = f"{(time.perf_counter() - wall) / 60:.1f}"
        row["CPU, min"] = f"{(processor_seconds() - cpu) / 60:.1f}"
    maker = CardMaker(index)
    maker.card(GeneQuery(sample[0]))
    cpu = time.process_time()
    for gene in sample:
        as_script(small(maker.card(GeneQuery(gene), whole=False)))
    row["CPU of a gene, ms"] = round((time.process_time() - cpu) / len(sample) * 1000)
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return row | {"MB": round(sum(files) / 1e6), "files": len(files)}


def opening(address: str, genes: list[str]) -> dict[str, list[float]]:
    """Return the seconds from asking for each gene to each stage of its page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(f"{address}#{genes[0]}")
        page.wait_for_selector(STAGES["volcano"])
        seconds = [page.evaluate(WAIT, [gene, STAGES]) for gene in genes[1:]]
        browser.close()
    return {stage: [of[stage] for of in seconds] for stage in STAGES}


@click.command()
@click.option("--site", type=click.Path(path_type=Path), help="A folder for the site, or one that has it.")
@click.option("--workers", default=2, show_default=True, help="Processes that write.")
@click.option("--genes", default=25, show_default=True, help="Genes drawn at random that are opened.")
def main(site: Path | None, workers: int, genes: int):
    """Print what the site costs."""
    index = Index()
    chosen = np.random.default_rng(0).choice(index.genes.index, genes + 1, replace=False).tolist()
    with tempfile.TemporaryDirectory() as work:
        folder = site or Path(work) / "site"
        show([writing(index, folder, workers, chosen)])
        n = json.loads((folder / MADE).read_text("utf-8"))["genes"]
        if n < len(index.genes):
            raise click.ClickException(f"{folder} has {n:,} of {len(index.genes):,} genes.")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        served = f"http://127.0.0.1:{server.server_port}/index.html"
        rows = []
        for name, address in {
            "disk": (folder / "index.html").resolve().as_uri(),
            "http.server": served,
        }.items():
            for stage, seconds in opening(address, chosen).items():
                p50, most = f"{np.median(seconds):.2f}", f"{max(seconds):.2f}"
                rows.append(
                    {"opened from": name, "until": stage, "genes": genes, "p50, s": p50, "most, s": most}
                )
        server.shutdown()
    click.echo()
    show(rows)


if __name__ == "__main__":
    main()
