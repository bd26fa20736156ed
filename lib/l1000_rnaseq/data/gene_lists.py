"""Lists of genes in files, as people and programs write them: plain, a column of a table, or one gene set."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from l1000_rnaseq.data.files.columns import GENE_IDS
from l1000_rnaseq.data.files.missing import is_missing
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.text import agreed_separator, fields, open_text
from l1000_rnaseq.data.gene_ids import resolve_ids
from l1000_rnaseq.data.gene_tables import name_of_symbol

log = logging.getLogger(__name__)
_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?\)?")
_WHOLE = re.compile(r"(\d+)(\.0*)?")
_ENSEMBL = re.compile(r"ENSG\d{11}(\.\d+)?", re.I)
_PROBE = re.compile(r"\d+(_[a-z])?_at")
_MONTH = "(jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sept?|o[ck]t|nov|de[cz])"
_DATE = re.compile(
    rf"\d{{1,2}}[-./ ]{_MONTH}\.?(-\d+)?|{_MONTH}[-. ]\d{{1,2}}|\d{{4}}-\d\d-\d\d.*|\d\d?/\d\d?/\d{{2,4}}",
    re.I,
)
_SEVERAL = re.compile(r"\s*(?:///?|[|;,])\s*")
_NAME_AND_ID = re.compile(r"\s*([\w.@-]+) \(\d+\)\s*")  # DepMap's: HMOX1 (3162)
# the first line of a list, where it is no gene
_HEADERS = {*GENE_IDS, "x", "v1", "up", "down", "upregulated", "downregulated", "genes_up", "genes_down"}
_HEADERS |= {
    "gene list",
    "genelist",
    "gene_list",
    "marker",
    "markers",
    "target",
    "targets",
    "hgnc",
    "gene_names",
}
_SET = 5  # names in a cell that are a set, not names of one gene
_ENOUGH = 200  # cells that say what a column has


def read_genes(path) -> list[str]:
    """Read the genes of a list, a table or a gene set.

    A list has a gene per line, or several by spaces, commas or semicolons. Of a table (of R, pandas, limma,
    DESeq2, edgeR, Seurat, …) the column of genes is read, by its name or by what is in it. Row numbers are
    never read as Entrez ids. A GMT or GMX file may have one set. What follows a #, quotes and NA are left
    out. What is read otherwise than it is written is told in the log.

    Parameters
    ----------
    path : path-like
        Text, gzipped or not.

    Returns
    -------
    list of str
        Names as the file has them, each once: symbols, Ensembl ids, or Entrez ids.

    Raises
    ------
    FileNotFoundError, ValueError
        No such file; not text; no gene in it; several sets or lists.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; expected one with a gene per line.")
    with open_text(path) as text:
        content = text.read()
    if "\0" in content:
        raise ValueError(f"{path} is not text; expected a file with a gene per line.")
    content = re.sub(r"[ \t]*///[ \t]*", "///", content)
    lines = [line for line in map(_without_comment, content.splitlines()) if line.strip()]
    suffix = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if suffix == "gmx":
        columns = zip(*(line.split("\t") for line in lines), strict=False)
        cells = _only_set(path, [list(column) for column in columns])
    elif suffix == "gmt" or _looks_like_sets(lines):
        cells = _only_set(path, [line.split("\t") for line in lines])
    else:
        cells = _column(path, lines)
        cells = [name for line in lines for name in _names(line)] if cells is None else cells
    genes = _cleaned(path, cells)
    if not genes:
        raise ValueError(f"{path} names no gene; expected one per line.")
    return genes


def find_genes(names: Iterable[str]) -> list[str | None]:
    """Look up symbols of any age, in any case, Ensembl ids, Entrez ids and landmark probes.

    Returns
    -------
    list of str or None
        L1000's name of each gene, or HGNC's where CMap has no such gene; None where it is not known.

    Examples
    --------
    >>> find_genes(["hmox1", "3162.0", "ENSG00000100292.17", "no gene"])
    ['HMOX1', 'HMOX1', 'HMOX1', None]
    """
    names = [str(name).strip() for name in names]
    found: dict[str, str | None] = {}
    for id_type, form in (("entrez", _WHOLE), ("ensembl", _ENSEMBL), ("probe", _PROBE)):
        ids = [name for name in dict.fromkeys(names) if form.fullmatch(name)]
        found |= dict(zip(ids, _by_id(ids, id_type), strict=True))
    for name in dict.fromkeys(names):
        if name not in found:
            found[name] = name_of_symbol(name) or name_of_symbol(name.upper()) if name else None
    return [found[name] for name in names]


def _by_id(ids: list[str], id_type: str) -> list[str | None]:
    bare = [_WHOLE.sub(r"\1", name) if id_type == "entrez" else name for name in ids]
    bare = [name.upper() for name in bare] if id_type == "ensembl" else bare
    try:
        genes = resolve_ids(bare, id_type=id_type)
    except ValueError:  # none of them is known
        return [None] * len(ids)
    return [None if gene == name else gene for gene, name in zip(genes, bare, strict=True)]


def _without_comment(line: str) -> str:
    return re.split(r"(?:^|\s)#", line, maxsplit=1)[0]


def _names(line: str) -> list[str]:
    """Split a line of a list; numbers beside names are no genes."""
    line = line.strip()
    with_id = _NAME_AND_ID.fullmatch(line)
    if with_id or "//" in line or _DATE.fullmatch(line) or line.lower() in _HEADERS:
        return [with_id[1] if with_id else line]
    words = [word.strip("\"'()[]{}“”‘’") for word in re.split(r"[\s,;|]+", line.removeprefix("c(")) if word]
    names = [word for word in words if word and not _NUMBER.fullmatch(word)]
    return names or words


def _looks_like_sets(lines: list[str]) -> bool:
    """Whether every line has a name, a description and genes, as in a GMT file."""
    rows = [line.split("\t") for line in lines[:5]]
    if not rows or min(map(len, rows)) < 4 or (len(rows) > 1 and len(set(map(len, rows))) == 1):
        return False
    return all(_share(row[2:]) > 0.5 and not any(find_genes(row[:1])) for row in rows)


def _only_set(path: Path, sets: list[list[str]]) -> list[str]:
    sets = [names for names in sets if names[0].strip()]
    if len(sets) > 1:
        names = first_five([names[0] for names in sets])
        raise ValueError(f"{path} has {len(sets)} gene sets: {names}; keep one of them in a file of its own.")
    return sets[0][2:] if sets else []


def _rows(path: Path, lines: list[str]) -> list[list[str]] | None:
    """Split the lines of a table; None where they are a list."""
    sep = agreed_separator(lines) if len(lines) > 1 else None
    if sep is None and len(lines) > 4:
        sep = agreed_separator(lines[:4])
        widths = [len(fields(line, sep)) for line in lines] if sep else []
        other = next((row for row, width in enumerate(widths) if row and width != widths[1]), None)
        if other and any(_NUMBER.fullmatch(cell) for cell in fields(lines[1], sep)):
            raise ValueError(
                f"{path}: row {other + 1} has {widths[other]} fields; expected {widths[1]}, as in the rows "
                "before. Mend that row, or keep the column of genes only."
            )
        sep = None
    if sep is None:
        return None
    rows = [[cell.strip().strip("'") for cell in fields(line, sep)] for line in lines]
    return [["", *rows[0]] if len(rows[0]) < len(rows[1]) else rows[0], *rows[1:]]


def _column(path: Path, lines: list[str]) -> list[str] | None:
    """Return the cells of the column of genes of a table, its name told; None where the lines are a list."""
    rows = _rows(path, lines)
    if rows is None:
        return None
    columns = [(name, list(cells)) for name, *cells in zip(*rows, strict=True)]
    texts = [column for column in columns if not all(map(_NUMBER.fullmatch, _filled(column[1])))]
    genes = [
        column for column in texts if _share(column[1]) >= 0.5 and 2 * len({*column[1]}) > len(column[1])
    ]
    genes = genes or [column for column in columns if _is_entrez(*column)]
    named = [column for column in genes or texts if column[0].lower() in GENE_IDS]
    if named:
        name, cells = min(named, key=lambda column: GENE_IDS.index(column[0].lower()))
    elif len(genes) > 1 and not _same_genes([cells for _, cells in genes]):
        names = [name for name, _ in genes]
        if all(find_genes(names)):
            return [cell for row in rows for cell in row]  # a list in several columns
        raise ValueError(
            f"{path} has {len(genes)} columns of genes: {first_five(names)}; keep one in a file of its own."
        )
    elif genes or texts:
        name, cells = genes[0] if genes else max(texts, key=lambda column: _share(column[1]))
    else:
        return []
    if name.lower() not in _HEADERS and any(find_genes([name])):
        return [name, *cells]
    label = name or "without a name"
    log.warning("%s: the genes are in the column %s of %s", path, label, first_five([*filter(None, rows[0])]))
    usual = median(len(_SEVERAL.split(cell)) for cell in cells)
    if usual > _SET:
        if len(cells) > 1:
            raise ValueError(
                f"{path}: the column {label} has {usual:g} genes in a cell; keep one set in its own file."
            )
        return _SEVERAL.split(cells[0])  # a gene set in a cell
    _tell_directions(path, columns)
    return [_SEVERAL.sub("///", cell) for cell in cells]


def _tell_directions(path: Path, columns: list[tuple[str, list[str]]]) -> None:
    """Tell where the rows of a table are of both directions: all of them are read."""
    for name, cells in columns:
        words = {cell.strip().lower() for cell in cells}
        n_down = sum(bool(re.fullmatch(r"[-−]\d.*", cell.strip())) for cell in cells)
        is_change = re.search(r"log2?_?f|l2?fc|fold.?change|^t$|^stat$|z.?score", name, re.I)
        if is_change and 0 < n_down < len(cells):
            told = "%s: %s is negative in %d of %d rows, and all are read: split genes that go up and down"
            log.warning(told, path, name, n_down, len(cells))
            return
        if {"up", "down"} <= words:
            log.warning("%s: %s has up and down, and all rows are read: split them", path, name)
            return


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell, missing in zip(cells, is_missing(list(cells)), strict=True) if not missing]


def _share(cells: Sequence[str]) -> float:
    """Return which share of the cells names genes."""
    filled = _filled(cells)[:_ENOUGH]
    known = find_genes(_SEVERAL.split(cell)[0] for cell in filled)
    return sum(gene is not None for gene in known) / max(len(filled), 1)


def _is_entrez(name: str, cells: list[str]) -> bool:
    """Whether a column has Entrez ids: whole numbers, each once, that do not number the rows."""
    filled = [_WHOLE.fullmatch(cell) for cell in _filled(cells)]
    if not filled or not all(filled):
        return False
    ids = [whole[1] for whole in filled]
    is_named = name.lower() in GENE_IDS
    return len({*ids}) == len(ids) and not _is_count(ids) and _share(ids) >= (0.5 if is_named else 0.9)


def _is_count(ids: list[str]) -> bool:
    return len(ids) > 2 and any(ids == [str(i + first) for i in range(len(ids))] for first in (0, 1))


def _same_genes(columns: list[list[str]]) -> bool:
    """Whether columns name the same gene in each row, by symbol and by Ensembl id, say."""
    first, *others = (find_genes(cells[:_ENOUGH]) for cells in columns)
    return all(2 * sum(a == b for a, b in zip(first, genes, strict=True)) > len(first) for genes in others)


def _cleaned(path: Path, cells: list[str]) -> list[str]:
    """Return each name once, without what is no gene; what is left out or chosen is told."""
    cells = [cell.strip().strip("\"'").strip() for cell in cells]
    if cells and cells[0].lower() in _HEADERS:
        cells = cells[1:]
    cells = _filled(cells)
    dates = [cell for cell in cells if _DATE.fullmatch(cell)]
    several = [cell for cell in cells if "//" in cell]
    numbers = [cell for cell in cells if _NUMBER.fullmatch(cell) and not _WHOLE.fullmatch(cell)]
    names = [
        _WHOLE.sub(r"\1", cell) if _WHOLE.fullmatch(cell) else _first_known(cell)
        for cell in cells
        if cell not in {*dates, *numbers}
    ]
    if _is_count(names):
        raise ValueError(f"{path} has row numbers and no gene: {first_five(names)}; add the column of genes.")
    if dates:
        told = "dates, which Excel makes of MARCH1, SEPT2 or DEC1; write the genes again"
        log.warning("%s: %d names are left out, being %s: %s", path, len(dates), told, first_five(dates))
    if several:
        log.warning("%s: of %d names of several genes the first that is known is read", path, len(several))
    if numbers:
        log.warning("%s: %d numbers that are no Entrez ids are left out", path, len(numbers))
    if len({*names}) < len(names):
        log.warning("%s: %d genes are named again; each counts once", path, len(names) - len({*names}))
    mouse = [name for name in names if re.fullmatch(r"[A-Z][a-z]+[a-z\d-]*|ENSMUSG.*", name)]
    if 2 * len(mouse) > len(names):
        told = "%s: these look like genes of the mouse; they are read as human ones: %s"
        log.warning(told, path, first_five(mouse))
    return list(dict.fromkeys(names))


def _first_known(cell: str) -> str:
    names = [name for name in cell.split("///") if name.strip()] if "//" in cell else [cell]
    return next(
        (name.strip() for name in names if find_genes([name])[0]), names[0].strip() if names else cell
    )
