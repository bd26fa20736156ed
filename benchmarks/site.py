"""The static site: seconds and bytes for each gene, and how soon a gene opens in chromium.

    python benchmarks/site.py [--genes 60]

Cards of genes drawn at random are made in this process; the whole site is that times all genes, over as many
processes as are given. A gene is opened from disk, in a window that has another one open.
"""

import shutil
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from l1000_rnaseq.app.gene_card import CardMaker
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.markup import as_script
from l1000_rnaseq.app.site import small, write_site
from l1000_rnaseq.search.index import Index


def opening(folder: Path, genes: list[str]) -> list[float]:
    """Return the seconds from asking for each gene to its last part, and its first figure."""
    from playwright.sync_api import sync_playwright

    seconds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.goto((folder / "index.html").as_uri() + f"#{genes[0]}")
        page.wait_for_selector(".l1k-plot svg.main-svg")
        for gene in genes[1:]:
            wait = f"""new Promise(done => {{ const begun = performance.now(); location.hash = '{gene}';
                const look = () => document.title.startsWith('{gene} ') && document.querySelector('.l1k-foot')
                  ? done((performance.now() - begun) / 1000) : setTimeout(look, 5); look() }})"""
            seconds.append(page.evaluate(wait))
        browser.close()
    return seconds


@click.command()
@click.option("--genes", default=60, show_default=True, help="Genes drawn at random.")
def main(genes: int):
    """Print what the site costs."""
    index = Index()
    chosen = np.random.default_rng(0).choice(index.genes.index, genes, replace=False).tolist()
    maker = CardMaker(index)
    maker.card(GeneQuery(chosen[0]))
    cpu, wall = time.process_time(), time.perf_counter()
    sizes = [len(as_script(small(maker.card(GeneQuery(gene), whole=False))).encode()) for gene in chosen]
    cpu, wall = (time.process_time() - cpu) / genes, (time.perf_counter() - wall) / genes
    total = len(index.genes)
    click.echo(f"a gene: {cpu * 1000:.0f} ms of CPU, {wall * 1000:.0f} ms, {np.mean(sizes) / 1000:.1f} kB")
    click.echo(
        f"{total:,} genes: {cpu * total / 60:.0f} minutes of CPU, {np.mean(sizes) * total / 1e6:.0f} MB"
    )
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "site"
        write_site(index, folder, chosen[:6], progress=False)
        shared = sum(path.stat().st_size for path in folder.rglob("*.*") if path.parent.name != "genes")
        click.echo(f"what genes share: {shared / 1e6:.0f} MB")
        seconds = opening(folder, chosen[:6])
        click.echo(f"a gene opens in {np.median(seconds):.2f} s (median of {len(seconds)})")


if __name__ == "__main__":
    main()
