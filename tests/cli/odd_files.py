"""Files of profiles, wells and genes as people have them, and with what goes wrong in them."""

import codecs
import csv
import gzip
import io
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from l1000_rnaseq.data.genes import landmarks

PLAIN = ["PLATE_X1:A01", "PLATE_X1:A02", "s 1", "µ5", "a,b", "a;b", 'say "x"', '"ab"', "'q'", "7", "007"]
ODD = ["1.0", "1e5", "NA", "-666", "", " ", "TRUE", "=A1", "#1", "!x", "2020-01-01", "DDR1", "780", "日本"]
ODD += ["id", "A|B"]
MISSING = ["", "NA", "nan", "-666", "#N/A", "NULL", "---", "<NA>", "-666.0"]
CELLS = ["MCF7", "a,b", 'b "c"', '"q"', "", "NA", "µ", "é", "1,5", "3", "x;y", "#", " "]
FORMS = [("csv", ","), ("csv", ";"), ("tsv", "\t"), ("txt", "\t"), ("txt", ",")]
DOSES = [("10",), ("10", "1"), ("1,5", "2"), ("10 uM", "100 nM"), ("1e-3", "-666", "x")]
WELLS = (
    "inst_id rna_plate pert_id pert_iname pert_type pert_dose pert_dose_unit pert_time cell_id",
    "sample_id det_plate pert_id cmap_name pert_type pert_dose pert_dose_unit pert_itime cell_iname",
    "well Plate Compound.ID Compound Pert.type Dose Dose.unit Time Cell.line",
)
GENES = [*landmarks().index[:40], "CCN2", "hmox1", "ENSG00000100292", "3162", "ENSG00000100292.17"]
JUNK = ["", "NA", "no such gene", "2-Sep", "Sep-02", "Hmox1", "HMOX1 /// DDR1", '"', "#x", "a,b", "1.5", "µ"]
NAMED = st.sampled_from(GENES + JUNK)
VALUES = np.round(np.random.default_rng(0).uniform(4, 15, (12, 978)), 2)


@dataclass(frozen=True)
class OddFile:
    """A file as it was written.

    Attributes
    ----------
    name : str
    data : bytes
    ids : list of str
        Of the samples, or genes, in it.
    values : array, samples × landmarks
        NaN where missing; None where they cannot be known from the file.
    """

    name: str
    data: bytes = field(repr=False)
    ids: list
    values: np.ndarray | None = field(default=None, repr=False)


def rarely(draw, odd, usual=None, one_in: int = 8):
    """Draw something odd, one time in so many."""
    return draw(odd) if draw(st.integers(1, one_in)) == 1 else usual


def several(strategy, n: int, **more):
    return st.lists(strategy, min_size=n, max_size=n, **more)


@st.composite
def profiles(draw, least: int = 1, most: int = 4, names=PLAIN + ODD) -> tuple[list[str], np.ndarray]:
    """Draw ids of samples, seldom twice, and their values, seldom missing."""
    n = draw(st.integers(least, most))
    words = st.sampled_from(names) | st.text("ab1.,-_ \"'é", min_size=1, max_size=4)
    odd = several(words, n, unique_by=rarely(draw, st.none(), str.strip))
    ids = rarely(draw, odd, [f"PLATE_X1:{'ABCD'[i % 4]}{i // 4 + 1:02d}" for i in range(n)], 2)
    values = VALUES[:n].copy()
    for _ in range(rarely(draw, st.integers(1, 60), 0)):
        values[draw(st.integers(0, n - 1)), draw(st.integers(0, 977))] = np.nan
    return ids, values


@st.composite
def gene_ids(draw) -> list[str]:
    """Draw names for the landmarks."""
    kind = draw(st.sampled_from(["symbol", "symbol", "entrez", "ensembl", "versions"]))
    if kind == "symbol":
        return list(landmarks().index)
    ids = landmarks()["entrez" if kind == "entrez" else "ensembl"].astype(str)
    return [f"{i}.7" if kind == "versions" and i else i for i in ids]


def spoilt(draw, lines: list[str], sep: str) -> bool:
    """Spoil a line, seldom; say whether the values may be others then."""
    what = rarely(draw, st.sampled_from(["short", "long", "quote", "twice", "word", "blank", "comment"]))
    at = draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    if what == "blank":
        lines.insert(at, draw(st.sampled_from(["", " ", sep * line.count(sep)])))
    elif what == "comment":
        lines.insert(draw(st.sampled_from([0, len(lines)])), draw(st.sampled_from(["# made by me", "!end"])))
    elif what == "twice":
        lines.insert(at, line)
    elif what:
        rest = line.rpartition(sep)[0]
        added = draw(st.sampled_from(["", "1"]))
        changed = {"short": rest, "long": line + sep + added, "quote": f'"{line}', "word": f"{rest}{sep}word"}
        lines[at] = changed[what]
    return what not in (None, "blank", "comment")


def as_file(draw, name: str, lines: list[str], ids: list, values=None) -> OddFile:
    """Encode lines: byte order marks, Latin-1, line ends, gzip; seldom the file is cut off."""
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = end.join(lines) + draw(st.sampled_from([end, end, "", end * 2]))
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])))
    if data.startswith(codecs.BOM_UTF8) and draw(st.booleans()):
        data = text.encode("latin-1", "replace")
        values = values if text.isascii() else None
    if draw(st.integers(1, 5)) == 1:
        name, data = f"{name}.gz", gzip.compress(data, 1)
    share = rarely(draw, st.floats(0.01, 0.999))
    if share is not None:
        data, values = data[: int(share * len(data))], None
    return OddFile(name, data, ids, values)


def as_lines(draw, rows: list, sep: str) -> list[str]:
    out = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    csv.writer(out, delimiter=sep, quoting=quoting, lineterminator="\n").writerows(rows)
    return out.getvalue().splitlines()


@st.composite
def tables(draw) -> OddFile:
    """Draw a table of profiles as text."""
    ids, values = draw(profiles())
    suffix, sep = draw(st.sampled_from(FORMS))
    texts = pd.DataFrame(values.astype(str), ids, draw(gene_ids()))
    texts = texts.where(~np.isnan(values), draw(st.sampled_from(MISSING)))
    if sep != "," and draw(st.integers(1, 3)) == 1:
        texts = texts.apply(lambda column: column.str.replace(".", ","))
    for name in rarely(draw, st.sets(st.sampled_from(["cell_id", "dose", "note", "pert_iname"])), ()):
        texts.insert(draw(st.integers(0, 2)), name, draw(several(st.sampled_from(CELLS), len(ids))))
    labels = ["", "sample_id", "id", "inst_id", "Unnamed: 0"]
    if draw(st.booleans()):
        texts, labels = texts.T, ["", "gene_symbol", "Gene", "id", "GeneID"]
    label = draw(st.sampled_from(labels))
    header = [] if label == "" and draw(st.booleans()) else [label]  # R leaves it out
    lines = as_lines(draw, [[*header, *texts.columns], *texts.reset_index().to_numpy()], sep)
    is_other = spoilt(draw, lines, sep)
    return as_file(draw, f"in.{suffix}", lines, ids, None if is_other else values)


@st.composite
def gct(draw) -> OddFile:
    """Draw a GCT file of version 1.2 or 1.3."""
    ids, values = draw(profiles())
    version, missing = draw(st.sampled_from(["#1.2", "#1.3"])), draw(st.sampled_from(MISSING))
    of_rows, of_samples = ["Description"], []
    if version == "#1.3":
        of_rows = draw(st.sampled_from([[], ["symbol"], ["a b", "n"]]))
        of_samples = draw(st.sampled_from([[], ["cell_id"], ["cell_id", "pert_dose", "id"]]))
    na = ["na"] * len(of_rows)
    dimensions = [978, len(ids)] + ([] if version == "#1.2" else [len(na), len(of_samples)])
    if draw(st.integers(1, 12)) == 1:
        dimensions[draw(st.integers(0, 1))] += draw(st.sampled_from([-1, 1]))
    rows = [[draw(st.sampled_from(["id", "Name", "rid"])), *of_rows, *ids]]
    rows += [[name, *na, *draw(several(st.sampled_from(CELLS), len(ids)))] for name in of_samples]
    for gene, numbers in zip(draw(gene_ids()), values.T, strict=True):
        rows.append([gene, *na, *(missing if np.isnan(number) else str(number) for number in numbers)])
    if draw(st.integers(1, 6)) == 1:  # some programs quote every text
        rows = [[cell if cell[:1].isdigit() else f'"{cell}"' for cell in row] for row in rows]
    lines = [version, "\t".join(map(str, dimensions)), *map("\t".join, rows)]
    is_other = spoilt(draw, lines, "\t")
    return as_file(draw, "in.gct", lines, ids, None if is_other else values)


@st.composite
def wells(draw) -> tuple[OddFile, OddFile]:
    """Draw profiles of one plate, and the table of its wells: four of the vehicle, then treated ones."""
    ids, values = draw(profiles(8, 12, [*PLAIN, "A|B"]))
    names = st.sampled_from(["DRUG A", "b", 'x "y"', "", "NA", "1,2-diol", "a;b"])
    kinds, doses = st.sampled_from(["", "compound", "trt_xpr", "NA"]), draw(st.sampled_from(DOSES))
    unit = draw(st.sampled_from(["uM", "um", "µM", "nM", "", "-666"]))
    rows = []
    for i, name in enumerate(ids):
        drug, kind, dose = ("DMSO", "DMSO"), "ctl_vehicle", "-666"
        if i >= 4:
            drug = f"BRD-K{i // 3:08d}", rarely(draw, names, f"drug {i // 3}", 12)
            kind, dose = rarely(draw, kinds, "trt_cp"), doses[i // 3 % len(doses)]
        time = rarely(draw, st.sampled_from(["24 h", "", "6", "1 d"]), "24")
        rows.append([name, "PLATE_X1", *drug, kind, dose, unit, time, "MCF7"])
    rows = rarely(draw, st.permutations(rows), rows, 4)
    dropped = rarely(draw, st.integers(0, len(rows) - 1))
    rows = [row for i, row in enumerate(rows) if i != dropped]
    sep = draw(st.sampled_from(["\t", "\t", ",", ";"]))
    lines = as_lines(draw, [draw(st.sampled_from(WELLS)).split(), *rows], sep)
    spoilt(draw, lines, sep)
    table = pd.DataFrame(np.where(np.isnan(values), 8, values), ids, landmarks().index)
    source = OddFile("in.csv", table.to_csv(index_label="id").encode(), ids, values)
    return source, as_file(draw, "info.txt", lines, ids)


@st.composite
def gene_lists(draw) -> OddFile:
    """Draw a list of genes: plain, in one line, a column of a table, or a gene set."""
    genes = draw(st.lists(st.sampled_from(GENES), min_size=8, max_size=30, unique=True))
    genes += rarely(draw, st.lists(NAMED | st.text(max_size=6), max_size=4), [], 2)
    genes = [" ".join(gene.split()) for gene in genes]
    form = draw(st.sampled_from(["txt", "txt", "grp", "line", "csv", "tsv", "gmt", "quoted"]))
    lines = [f'"{gene}"' if form == "quoted" else gene for gene in genes]
    if form == "line":
        lines = [draw(st.sampled_from([" ", ",", ", ", ";", "\t"])).join(genes)]
    elif form in ("csv", "tsv"):
        rows = [[gene, f"{i / 7:.3f}", "0.01"] for i, gene in enumerate(genes)]
        lines = as_lines(draw, [["gene", "log2FC", "p"], *rows], {"csv": ",", "tsv": "\t"}[form])
    elif form == "gmt":
        lines = ["\t".join(["set", "made", *genes])]
    spoilt(draw, lines, "\t")
    suffix = "txt" if form in ("line", "quoted") else form
    return as_file(draw, f"up.{suffix}", lines, genes)
