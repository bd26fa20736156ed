"""What reverses an ageing signature: reference signatures and classes of compounds, against permuted ages."""

from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.known_mechanisms import with_mechanisms
from l1000_rnaseq.search.build_from_folder import well_spread
from l1000_rnaseq.search.by_signature import class_enrichment, match_signatures
from l1000_rnaseq.search.sources import ExtendedSource, Source
from l1000_rnaseq.translate.bundle import Bundle

AGES, GENES = "permuted ages", "permuted genes"
SURE = 0.05


def match_with_both_nulls(
    query: pd.Series, source: Source, null: pd.DataFrame, n_genes: int = 100
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Match references with an ageing signature, and count those called against either null.

    Parameters
    ----------
    query : Series, gene → score
    source : Source
        The references.
    null : DataFrame, permutations × genes
        Signatures of permuted ages, see `chance.permuted_scores`.
    n_genes : int
        Permutations of the genes, for the other null.

    Returns
    -------
    matched : DataFrame
        As `match_signatures` returns it with permuted ages.
    called : DataFrame, null × (reverse ageing, mimic ageing, references)
        References called at 5 %, family-wise, on each side.
    """
    matched = match_signatures(query, source, null, progress=False)
    naive = match_signatures(query, source, None, n_permutations=n_genes, progress=False)
    rows = {}
    for name, matches in ((AGES, matched), (GENES, naive)):
        sure = matches["cosine_p_family"] < SURE
        rows[name] = {
            "reverse ageing": int((sure & (matches["cosine"] < 0)).sum()),
            "mimic ageing": int((sure & (matches["cosine"] > 0)).sum()),
            "references": len(matches),
        }
    return matched, pd.DataFrame(rows).T.rename_axis("null hypothesis")


def classes_that_reverse(
    query: pd.Series, folder: Path, bundle: Bundle, null: pd.DataFrame, min_size: int = 5, seed: int = 0
) -> tuple[pd.DataFrame, int]:
    """Match Level 5 signatures with an ageing signature, and rank mechanisms by how far they reverse it.

    Parameters
    ----------
    query, null
        As in `match_with_both_nulls`.
    folder : path
        A data folder with Level 5 (see `with_mechanisms`).
    bundle : Bundle
        Translates them.
    min_size : int
        Compounds that a mechanism must have.
    seed : int

    Returns
    -------
    classes : DataFrame, mechanism × (signatures, perturbagens, median, auc, p, fdr), see `class_enrichment`
    n : int
        Signatures called as reversing at 5 %, family-wise.
    """
    l1000 = Path(folder) / "l1000"
    info = l1000 / "sig_info.txt"
    spread = well_spread(l1000 / "level3.gctx", l1000 / "inst_info.txt")
    source = ExtendedSource.of(l1000 / "level5.gctx", info, bundle, spread)
    known = with_mechanisms(read_metadata(info), folder)
    moa = known["moa"].astype(str).reindex(source.table.index).fillna("")
    source.table["moa"] = moa.to_numpy()
    matched = match_signatures(query, source, null, progress=False)
    n_called = int(((matched["cosine_p_family"] < SURE) & (matched["cosine"] < 0)).sum())
    return class_enrichment(matched, "moa", min_size=min_size, seed=seed).rename_axis("mechanism"), n_called
