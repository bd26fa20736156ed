"""Level 5 signatures of one class of compounds, beside all other signatures of the same cell lines."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.data.known_mechanisms import with_mechanisms
from l1000_rnaseq.evaluate.fig5_target_recovery import in_gene_set
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.search.build_from_folder import well_spread
from l1000_rnaseq.search.by_signature import class_enrichment
from l1000_rnaseq.search.sources import ExtendedSource
from l1000_rnaseq.signatures.bridge import rank_genes
from l1000_rnaseq.stats.enrichment import area, running_sum
from l1000_rnaseq.stats.metrics import grouped_interval
from l1000_rnaseq.stats.permutation import permutation_p
from l1000_rnaseq.translate.bundle import Bundle


@dataclass(frozen=True)
class ClassSignatures:
    """Signatures of a class and of the others in its cell lines.

    Attributes
    ----------
    z : array, signatures × landmarks
        As measured.
    spread : array, landmarks
        Standard deviation of log2 intensity between wells of a plate; z times this is a log2 change.
    in_class : array of bool, signatures
    lines, compounds : array of str, signatures
    """

    z: np.ndarray
    spread: np.ndarray
    in_class: np.ndarray
    lines: np.ndarray
    compounds: np.ndarray

    @property
    def changes(self) -> np.ndarray:
        """Changes of the landmarks, log2: signatures × landmarks."""
        return self.z * self.spread

    def thinned(self, every: int) -> "ClassSignatures":
        """Keep the class and every so many of the others."""
        kept = self.in_class | (np.arange(len(self.z)) % every == 0)
        return ClassSignatures(
            self.z[kept], self.spread, self.in_class[kept], self.lines[kept], self.compounds[kept]
        )

    def sizes(self) -> dict[str, int]:
        """Count signatures, compounds and cell lines of the class, and the other signatures."""
        return {
            "signatures": int(self.in_class.sum()),
            "compounds": len(set(self.compounds[self.in_class])),
            "cell lines": len(set(self.lines[self.in_class])),
            "signatures of other compounds in these lines": int((~self.in_class).sum()),
        }


def class_signatures(folder: Path, bundle: Bundle, mechanism: str) -> ClassSignatures:
    """Read the Level 5 signatures of the cell lines in which a class of compounds was measured.

    Parameters
    ----------
    folder : path
        A data folder with Level 3 and Level 5 (see `with_mechanisms`).
    bundle : Bundle
        Names the landmarks, in order.
    mechanism : str
        A compound is of the class if its `moa` contains this text.

    Raises
    ------
    ValueError
        No signature has such a mechanism.
    """
    l1000 = Path(folder) / "l1000"
    info = l1000 / "sig_info.txt"
    spread = well_spread(l1000 / "level3.gctx", l1000 / "inst_info.txt")
    source = ExtendedSource.of(l1000 / "level5.gctx", info, bundle, spread)
    known = with_mechanisms(read_metadata(info), folder)
    moa = known["moa"].astype(str).reindex(source.table.index).fillna("")
    of_class = moa.str.contains(mechanism, regex=False).to_numpy()
    if not of_class.any():
        raise ValueError(f"{folder} has no signature whose mechanism contains {mechanism!r}.")
    lines = source.table["cell_id"].astype(str).to_numpy()
    rows = np.flatnonzero(np.isin(lines, lines[of_class]))
    z = source.z.read(0, len(lines))[np.ix_(rows, source.rows)]
    compounds = source.table["pert_id"].astype(str).to_numpy()
    return ClassSignatures(z, source.scale, of_class[rows], lines[rows], compounds[rows])


def translated_spaces(signatures: ClassSignatures, bundle: Bundle) -> dict[str, tuple[pd.Index, np.ndarray]]:
    """Return the signatures as measured, over the translated genome, and over newly inferred genes.

    Returns
    -------
    dict, name → (genes, array of signatures × genes), as `recover_by_class` takes it
    """
    genes, genome = pd.Index(bundle.genes), bundle.change_of(signatures.changes)
    new = (gene_status(genes) == "newly inferred").to_numpy()
    return {
        "landmarks, z as measured": (pd.Index(bundle.landmarks), signatures.z),
        "all genes": (genes, genome),
        "newly inferred": (genes[new], genome[:, new]),
    }


def rank_in_class(signatures: ClassSignatures, models: dict[str, Bundle], gene: str) -> pd.DataFrame:
    """Ask whether a class of compounds raises a gene, as each model translates its signatures.

    Signatures of one compound are alike, and cell lines differ. So the median of the line is taken off, and
    each compound counts once (see `class_enrichment`).

    Parameters
    ----------
    signatures : ClassSignatures
    models : dict, name → Bundle
    gene : str

    Returns
    -------
    DataFrame, model × (signatures, compounds, mean rank, above the line, higher than another compound, p)
        mean rank: of the gene in the class, +1 rises most of all genes, −1 falls most. above the line: the
        same, less the median of the cell line. higher than another compound: a probability.
    """
    rows = {}
    for model, bundle in models.items():
        rank = _relative_rank(bundle, signatures.changes, gene)
        label = np.where(signatures.in_class, "the class", "")
        table = pd.DataFrame({"class": label, "rank": rank, "pert_id": signatures.compounds})
        found = class_enrichment(table.assign(cell_id=signatures.lines), "class", "rank", 2).iloc[0]
        rows[model] = {
            "signatures": int(found["signatures"]),
            "compounds": int(found["perturbagens"]),
            "mean rank": float(rank[signatures.in_class].mean()),
            "above the line": found["median"],
            "higher than another compound": 1 - found["auc"],
            "p": found["p"],
        }
    return table_of(rows, ["model"])


def _relative_rank(bundle: Bundle, changes: np.ndarray, gene: str, block: int = 500) -> np.ndarray:
    """Return the rank of a gene in each signature: +1 rises most, −1 falls most."""
    column, parts = list(bundle.genes).index(gene), []
    for start in range(0, len(changes), block):
        genome = bundle.change_of(changes[start : start + block])
        value = genome[:, [column]]
        parts.append(((genome < value).sum(axis=1) - (genome > value).sum(axis=1)) / (genome.shape[1] - 1))
    return np.concatenate(parts)


def recover_by_class(
    signatures: ClassSignatures,
    spaces: dict[str, tuple[pd.Index, np.ndarray]],
    sets: dict[str, set[str]],
    n: int = 3000,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ask whether a class of compounds ranks gene sets higher than other compounds of the same cell lines.

    Each signature has the area of its walk over the set; the median area of its cell line is taken off.

    Parameters
    ----------
    signatures : ClassSignatures
    spaces : dict, name → (genes, array of signatures × genes)
    sets : dict, name → genes in upper case
    n, seed : int
        Random classes of as many signatures.

    Returns
    -------
    table : DataFrame, (genes ranked, targets) × (area above the line, low, high, p, signatures)
        The interval is over compounds; p is the share of random classes whose mean is as high.
    areas : DataFrame, signatures × (genes ranked, targets, compounds, area above the line)
        `compounds` says whether a signature is of the class: "the class" or "others".
    """
    rows, parts, inside = {}, [], signatures.in_class
    for space, (genes, values) in spaces.items():
        for name, targets in sets.items():
            above = _above_line(values, in_gene_set(genes, targets), signatures.lines)
            rng = np.random.default_rng(seed)
            null = [rng.permutation(above)[: inside.sum()].mean() for _ in range(n)]
            low, high = grouped_interval(above[inside], signatures.compounds[inside], seed=seed)
            rows[space, name] = {
                "area above the line": above[inside].mean(),
                "low": low,
                "high": high,
                "p": permutation_p(above[inside].mean(), np.array(null)),
                "signatures": int(inside.sum()),
            }
            kind = np.where(inside, "the class", "others")
            part = {"genes ranked": space, "targets": name, "compounds": kind, "area above the line": above}
            parts.append(pd.DataFrame(part))
    return table_of(rows, ["genes ranked", "targets"]), pd.concat(parts, ignore_index=True)


def _above_line(values: np.ndarray, in_set: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return the area of each signature's walk, less the median area of its cell line."""
    areas = pd.Series([float(area(running_sum(in_set[rank_genes(row)]))) for row in values])
    return (areas - areas.groupby(lines).transform("median")).to_numpy()
