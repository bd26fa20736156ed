"""A static site: the page of every gene as plain files, opened from disk or from any web host."""

import json
import multiprocessing
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from tqdm import tqdm

from l1000_rnaseq import __version__
from l1000_rnaseq.app.card_tables import columns, signature_table
from l1000_rnaseq.app.gene_card import FORMAT, CardMaker, about, gene_sets_of
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.markup import SCRIPTS, STYLE, as_script, asset
from l1000_rnaseq.data.files.disk import file_hash, write_text
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.search.grade import GRADES
from l1000_rnaseq.search.index import Index

SUMS, MADE, SHARED, NAMES = "SHA256SUMS", "provenance.json", "shared.js", "names.js"
SITE = ("index.html", "site.js")
IN_SHARED = ("signatures", "about")
"""Parts of a card that are the same for all genes, or are looked up there."""
OF_PERTURBAGEN = ("type", "mechanism", "has_name", "signatures", "groups", "cell_lines")
"""Columns of the consensus that no gene changes."""
NUMBER = re.compile(r"\d+(?:\.\d+)?")
EXPRESSED = ("on", "off", "unclear")
BLOCK = 32
"""Genes of one task."""
CHUNK = 64
"""Signatures whose gene sets are in one file."""
N_GENES = 100
"""Genes of each set."""
ANY_GENE = "%GENE%"
"""What stands for the gene in the Python and the command of all pages."""


def write_site(
    index: Index,
    folder: Path,
    genes: Sequence[str] | None = None,
    workers: int = 1,
    force: bool = False,
    progress: bool = True,
) -> int:
    """Write the page of every gene as plain files.

    Parameters
    ----------
    index : Index
    folder : path
        Gets index.html, which opens without a server; scripts and what all genes share; genes/GENE.js, the
        card of each gene; sets/N.js, the genes that each signature moves most; SHA256SUMS and
        provenance.json. A killed run goes on where it stopped.
    genes : sequence of str, optional
        All genes of the index when absent.
    workers : int
        Processes. The files are the same for any number.
    force : bool
        Replace an earlier site.
    progress : bool

    Returns
    -------
    int
        Number of genes.

    Raises
    ------
    ValueError
        Unknown gene.
    OSError
        The folder has a site already and `force` is not given, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> write_site(Index(), Path(tempfile.mkdtemp()), ["HMOX1"], progress=False)
    1
    """
    symbols = index.names.resolve_all(genes) if genes is not None else list(index.genes.index)
    made = {"library": __version__, "format": FORMAT, "index": index.provenance, "genes": len(symbols)}
    with output(folder, folder=True) as folder:
        is_same = (folder / MADE).is_file() and json.loads((folder / MADE).read_text("utf-8")) == made
        if (folder / SUMS).exists() and not force:
            raise FileExistsError(f"{folder} has a site already; pass --force to replace it.")
        for name in ("genes", "sets"):
            (folder / name).mkdir(exist_ok=True)
        (folder / SUMS).unlink(missing_ok=True)
        write_text(folder / MADE, json.dumps(made, indent=1))
        waiting = [symbol for symbol in symbols if not (is_same and gene_file(folder, symbol).is_file())]
        _write_cards(index, folder, waiting, workers, progress)
        paths = [gene_file(folder, symbol) for symbol in symbols]
        paths += [*_write_sets(index, folder, is_same), *_write_shared(index, folder, symbols)]
        sums = (f"{file_hash(path)}  {path.relative_to(folder).as_posix()}" for path in paths)
        write_text(folder / SUMS, "\n".join([*sums, ""]))
    return len(symbols)


def gene_file(folder: Path, symbol: str) -> Path:
    """Return where the card of a gene is."""
    return Path(folder) / "genes" / f"{symbol}.js"


def small(card: dict) -> dict:
    """Return a card without what all genes share, and shorter; `site.js` makes it whole again.

    Words of a few kinds become digits, sentences a template and their numbers. Sentences on what speaks for
    single signatures are left out: they would double its size.
    """
    consensus = {name: column for name, column in card["consensus"].items() if name not in OF_PERTURBAGEN}
    once = {name: column for name, column in card["once"].items() if name not in ("p", "fdr")}
    rows, heat = card["rows"], card["heat"]
    short = {
        "concordant": "".join(map(str, rows["concordant"])),
        "direction": "".join("-0+"[way + 1] for way in rows["direction"]),
        "grade": _digits(rows["grade"]),
    }
    levels = {name: column for name, column in card["levels"].items() if name != "cell_id"}
    kept = {name: part for name, part in card.items() if name not in IN_SHARED}
    return kept | {
        "every": card["every"]["code"],
        "consensus": consensus | {"grade": _digits(consensus["grade"])},
        "once": once | {"grade": _digits(once["grade"])},
        "evidence": _templates(card["evidence"]["said"], card["evidence"]["consensus"]),
        "heat": heat | {"cells": _gaps(heat["cells"], len(heat["cell_id"]))},
        "rows": rows | short,
        "wells": card["wells"] and [_short_strip(strip) for strip in card["wells"]],
        "levels": levels | {"is": "".join(str(EXPRESSED.index(word)) for word in levels["is"])},
    }


def _gaps(cells: list[list], width: int) -> list:
    """Return cells of a heat map as one list: how far from the cell before, row by row, and its values."""
    flat, before = [], 0
    for row, column, *values in sorted(cells):
        place = row * width + column
        flat += [place - before, *values]
        before = place
    return flat


def _short_strip(strip: dict) -> list:
    """Return the wells of a signature with a letter for each: # is the least change, } the largest."""
    parts = [strip[name] for name in ("treated", "controls", "others")]
    low, high = min(map(min, filter(None, parts))), max(map(max, filter(None, parts)))
    step = (high - low) / 90 or 1
    letters = ["".join(chr(35 + round((value - low) / step)) for value in part) for part in parts]
    return [strip["row"], strip["direction"], low, high, *letters, strip["n_compared"], strip["as_far"]]


def _digits(grades: list[str]) -> str:
    return "".join(str(GRADES.index(word)) for word in grades)


def _templates(said: list[list[str]], table: list[list[int]]) -> dict:
    """Return sentences as templates with # for each number, and for each row [template, numbers…]."""
    places: dict[tuple[str, str], int] = {}
    rows = []
    for row in table:
        rows.append([])
        for name, sentence in (said[number] for number in row):
            template = name, NUMBER.sub("#", sentence)
            place = places.setdefault(template, len(places))
            rows[-1].append([place, *NUMBER.findall(sentence)])
    return {"said": [list(template) for template in places], "consensus": rows}


def _write_cards(index: Index, folder: Path, symbols: list[str], workers: int, progress: bool) -> None:
    blocks = [symbols[start : start + BLOCK] for start in range(0, len(symbols), BLOCK)]
    bar = tqdm(total=len(symbols), unit="gene", disable=not progress)
    with bar:
        if workers == 1 or len(blocks) < 2:
            _start(index)
            for block in blocks:
                bar.update(_write_block(folder, block))
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, spawn, _start, (index.path,)) as pool:
            for done in as_completed([pool.submit(_write_block, folder, block) for block in blocks]):
                bar.update(done.result())


_MAKER: list[CardMaker] = []
"""That of this process."""


def _start(index: Index | Path) -> None:
    _MAKER[:] = [CardMaker(index if isinstance(index, Index) else Index(index))]


def _write_block(folder: Path, symbols: list[str]) -> int:
    for symbol in symbols:
        card = small(_MAKER[0].card(GeneQuery(symbol), whole=False))
        write_text(gene_file(folder, symbol), f"l1000.card({as_script(card)});\n")
    return len(symbols)


def _write_sets(index: Index, folder: Path, is_same: bool) -> Iterator[Path]:
    """Write the genes that signatures move most, as positions in the list of genes."""
    for number, start in enumerate(range(0, len(index.signatures), CHUNK)):
        path = folder / "sets" / f"{number}.js"
        if not (is_same and path.is_file()):
            rows = np.arange(start, min(start + CHUNK, len(index.signatures)))
            sets = [[up.tolist(), down.tolist()] for up, down in gene_sets_of(index, rows, N_GENES)]
            write_text(path, f"l1000.sets({start},{as_script(sets)});\n")
        yield path


def _write_shared(index: Index, folder: Path, symbols: list[str]) -> Iterator[Path]:
    """Write what all pages share: scripts, signatures, names of genes and perturbagens."""
    from plotly.offline import get_plotlyjs

    maker = CardMaker(index)
    first = maker.card(GeneQuery(symbols[0]))
    of_index = about(index, GeneQuery(ANY_GENE), first["about"]["types"])
    shared = {
        "signatures": signature_table(index.signatures, range(len(index.signatures))),
        "perturbagens": _perturbagens(maker, first["every"]["perturbagen"]),
        "grades": GRADES,
        "lines": first["levels"]["cell_id"],
        "expressed": EXPRESSED,
        "about": of_index | {"genes_on_site": len(symbols)},
        "genes": list(index.genes.index),
        "chunk": CHUNK,
    }
    names = {
        name: found[0]
        for name, found in index.names.symbols_by_name.items()
        if len(found) == 1 and found[0] in set(symbols)
    }
    texts = {name: asset(name) for name in (STYLE, *SCRIPTS, *SITE)}
    texts |= {SHARED: f"l1000.shared({as_script(shared)});\n", NAMES: f"l1000.names({as_script(names)});\n"}
    for name, text in (texts | {"plotly.min.js": get_plotlyjs()}).items():
        write_text(folder / name, text)
        yield folder / name


def _perturbagens(maker: CardMaker, names: list[str]) -> dict:
    """Return what those that were seen in several groups are: columns, in the order of `every`."""
    table = maker.perturbagens.table.drop(columns="targets").join(maker.groups.counts)
    return columns(table.loc[names].rename_axis("perturbagen").reset_index())
