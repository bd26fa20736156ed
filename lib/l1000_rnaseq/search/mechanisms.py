"""Which mechanisms and which drug targets move a gene, or answer a list of genes."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.data.compounds import CHEMICAL, join_compounds
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.mechanism_tests import MechanismTests
from l1000_rnaseq.search.relative_ranks import relative_ranks

log = logging.getLogger(__name__)
BY = {"mechanism": "mechanism", "target": "targets"}
"""What compounds are grouped by → its column."""
NEEDED = ["compound", "cell_id", "batch", "flags"]


def mechanisms_of_gene(
    index: Index, gene: str, by: str = "mechanism", filters: Filters = EVERY, **options
) -> pd.DataFrame:
    """Say which mechanisms, or which targets, move a gene more than other compounds do in the same lines.

    Parameters
    ----------
    index : Index
    gene : str
    by : {"mechanism", "target"}
    filters : Filters
        Without thresholds. Chemicals only; flagged signatures are left out.
    **options
        min_compounds, n_draws, seed (see `enriched_mechanisms`).

    Returns
    -------
    DataFrame, mechanisms × (compounds, cell_lines, mean, expected, p, fdr, names)
        Of relative ranks: +1 where the gene is the first of its status, −1 where it is the last.

    Raises
    ------
    ValueError
        Unknown gene, no chemical, or no mechanism with `min_compounds`.
    FilterError
        A filter leaves nothing, or is a threshold.

    Examples
    --------
    >>> table = mechanisms_of_gene(Index(), "HSPA1B", n_draws=200)
    >>> bool(table.loc["HSP90 inhibitor", "mean"] > 0.9)
    True
    """
    filters.refuse_thresholds("mechanisms count every signature")
    rows = filters.select(index.signatures, np.arange(len(index.signatures)))
    scores = index.signatures.iloc[rows].assign(
        score=relative_ranks(index, gene, rows)["relative_rank"].to_numpy()
    )
    return mechanisms_of_scores(scores, by, **options)


def mechanisms_of_scores(scores: pd.DataFrame, by: str = "mechanism", **options) -> pd.DataFrame:
    """Say which mechanisms, or which targets, have high or low scores, as of a list of genes.

    Parameters
    ----------
    scores : DataFrame, signatures × (score, type, compound, mechanism, targets, flags, cell_id, batch)
        Of `score_signatures` or `score_changes`, annotated (see `annotation.annotated`). Chemicals count.
    by : {"mechanism", "target"}
    **options
        min_compounds, n_draws, seed (see `enriched_mechanisms`).

    Returns
    -------
    DataFrame, mechanisms × (compounds, cell_lines, mean, expected, p, fdr, names)
    """
    chemicals = scores[scores["type"].isin(CHEMICAL)]
    if chemicals.empty:
        raise ValueError(f"None of the {len(scores)} signatures is of a chemical; mechanisms are of those.")
    return enriched_mechanisms(values_by_line(chemicals, chemicals["score"]), chemicals, by, **options)


def values_by_line(signatures: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    """Bring a value of every signature into compounds × cell lines.

    Signatures of one compound, cell line and batch (doses, times) are averaged first, then the batches.
    Flagged signatures and those without a value are left out, which is told in the log.

    Parameters
    ----------
    signatures : DataFrame, signatures × (compound, cell_id, batch, flags, …)
        Of `join_compounds`, chemicals only.
    values : Series, signatures
        Relative rank or log2 fold change of a gene, or the score of a list.

    Returns
    -------
    DataFrame, compounds × cell lines
        NaN where a compound was not seen in a line.

    Raises
    ------
    ValueError
        The signatures are not joined, or none is left.
    """
    lacking = [name for name in NEEDED if name not in signatures]
    if lacking:
        raise ValueError(f"The signatures lack {', '.join(lacking)}; give what join_compounds returns.")
    values = values.reindex(signatures.index)
    is_flagged, is_missing = (signatures["flags"] != "").to_numpy(), values.isna().to_numpy()
    kept = ~is_flagged & ~is_missing
    if not kept.all():
        log.info(
            "mechanisms: %d flagged signatures and %d without a value are left out",
            is_flagged.sum(),
            is_missing.sum(),
        )
    if not kept.any():
        raise ValueError(
            f"None of the {len(values)} signatures has a value and no flag; expected one or more."
        )
    return CompoundLines.of(signatures[kept]).means(values[kept].to_numpy(float))


@dataclass(frozen=True)
class CompoundLines:
    """Which signatures are of one compound and cell line, for the means of any values.

    Attributes
    ----------
    compounds, cell_lines : Index
    batch : int array, signatures
        Number of the compound, cell line and batch.
    pair : int array, batches
        Number of the compound and cell line: that of the compound times the number of lines, plus that of
        the line.
    """

    compounds: pd.Index
    cell_lines: pd.Index
    batch: np.ndarray
    pair: np.ndarray

    @classmethod
    def of(cls, signatures: pd.DataFrame) -> "CompoundLines":
        """Read them off signatures × (compound, cell_id, batch)."""
        factors = [pd.factorize(signatures[name], sort=True) for name in NEEDED[:3]]
        (compound, compounds), (line, lines), (batch, batches) = factors
        pairs = compound * len(lines) + line
        distinct, of_signature = np.unique(pairs * len(batches) + batch, return_inverse=True)
        named = (pd.Index(np.asarray(of, object)) for of in (compounds, lines))
        return cls(*named, of_signature, distinct // len(batches))

    def means(self, values: np.ndarray) -> pd.DataFrame:
        """Return compounds × cell lines: the means of the batches of a pair; NaN where there is none."""
        of_batch = np.bincount(self.batch, values) / np.bincount(self.batch)
        n, shape = len(self.compounds) * len(self.cell_lines), (len(self.compounds), len(self.cell_lines))
        sums, sizes = (np.bincount(self.pair, weights, n) for weights in (of_batch, None))
        wide = np.divide(sums, sizes, out=np.full(n, np.nan), where=sizes > 0).reshape(shape)
        compounds, lines = self.compounds.rename("compound"), self.cell_lines.rename("cell_id")
        return pd.DataFrame(wide, compounds, lines)


def enriched_mechanisms(
    scores: pd.DataFrame,
    compounds: pd.DataFrame | None = None,
    by: str = "mechanism",
    min_compounds: int = 3,
    n_draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Test each mechanism, or each target, against random groups of compounds of the same cell lines.

    The value of a compound is its mean over its cell lines. That of a mechanism is the mean over its
    compounds. A random group has for each compound another one that was seen in all of its lines, with its
    values in these lines. Compounds of the same lines are drawn without replacement.

    Parameters
    ----------
    scores : DataFrame, compounds × cell lines
        Values of one gene or one list, NaN where a compound was not seen in a line (see `values_by_line`).
        Index: names or pert_ids. Rows of one compound are averaged. One column alone matches nothing.
    compounds : DataFrame, optional
        Of `load_compounds`, or signatures that are joined already; without it the table that ships.
    by : {"mechanism", "target"}
    min_compounds : int
        Mechanisms with fewer compounds are left out.
    n_draws, seed : int

    Returns
    -------
    DataFrame, mechanisms × (compounds, cell_lines, mean, expected, p, fdr, names)
        The smallest p first. expected: mean of the random groups. p: two-sided, twice the smaller share of
        the random groups that reach the mean from above or from below. It is at least 2 / (1 + n_draws), and
        missing where no other compound was seen in these lines. fdr: Benjamini and Hochberg. names: the
        compounds separated by |, the largest value first.

    Raises
    ------
    ValueError
        `by` or a number is wrong, a value is infinite, or no mechanism has `min_compounds`.

    Examples
    --------
    >>> scores = pd.DataFrame({"A549": [0.9, 0.8, 0.7, 0.1, 0.0, -0.1, 0.2]}, ["vorinostat", "trichostatin-a",
    ...     "ISOX", "sirolimus", "erlotinib", "verapamil", "losartan"])
    >>> enriched_mechanisms(scores)["names"].to_dict()
    {'HDAC inhibitor': 'vorinostat|trichostatin-a|ISOX'}
    """
    if by not in BY:
        raise ValueError(f"by={by!r} is not known; expected one of {', '.join(BY)}.")
    if min_compounds < 1 or n_draws < 1:
        raise ValueError(f"min_compounds={min_compounds} and n_draws={n_draws}; expected 1 or more of each.")
    annotated = _one_row_each(scores, compounds, BY[by])
    values = annotated.drop(columns=["group", "compound"]).to_numpy(float)
    names, groups = (annotated[name].to_numpy() for name in ("compound", "group"))
    return MechanismTests.of(names, groups, ~np.isnan(values), by, min_compounds, n_draws, seed).table(values)


def _one_row_each(scores: pd.DataFrame, compounds: pd.DataFrame | None, column: str) -> pd.DataFrame:
    """Return 0, 1, 2, … × (cell lines, group, compound): spellings of one compound are averaged."""
    if np.isinf(scores.to_numpy(float)).any():
        raise ValueError("The scores have infinite values; leave a value empty (NaN) where there is none.")
    empty = scores.isna().all(axis=1)
    if empty.any():
        log.info("mechanisms: %d compounds have no value: %s", empty.sum(), first_five(scores.index[empty]))
    scores = scores[~empty]
    if compounds is not None and "compound" in compounds:
        return _of_joined(scores, compounds, column)
    keys = pd.DataFrame({"pert_id": scores.index, "pert_iname": scores.index})
    joined = join_compounds(keys, compounds)
    one = scores.groupby(joined["compound"].to_numpy()).mean()
    if len(one) < len(scores):
        log.info(
            "mechanisms: %d rows are %d compounds; rows of one compound are averaged", len(scores), len(one)
        )
    group = joined.groupby("compound")[column].first()
    return one.assign(group=group.reindex(one.index), compound=one.index).reset_index(drop=True)


def _of_joined(scores: pd.DataFrame, joined: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the same for scores whose index has the compounds of joined signatures."""
    facts = joined[["compound", column]].astype(str).drop_duplicates("compound").set_index("compound")[column]
    group = facts.reindex(scores.index).to_numpy()
    return scores.assign(group=group, compound=scores.index).reset_index(drop=True)
