"""GSE92743: GTEx samples measured by L1000 and by RNA-seq, in its own files (Jeon 2022, Results)."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.metadata import match, read_metadata
from l1000_rnaseq.data.scale import LEVEL3, LOG2, check_scale, read_landmarks

log = logging.getLogger(__name__)
L1000, RNASEQ = "paired/gse92743_l1000.gctx", "paired/gse92743_rnaseq.gctx"
INFO = "paired/gse92743_inst_info.txt"
DONOR = r"(GTEX-[A-Z0-9]+)"
TISSUES = ("SMTS", "SMTSD", "tissue", "tissue_type", "cell_id")


@dataclass(frozen=True)
class GtexPairs:
    """The same samples by both technologies: test material, never fitted to.

    Attributes
    ----------
    l1000 : DataFrame, samples × landmarks, log2 intensity (Level 3)
    rnaseq : DataFrame, the same samples × genes, linear RPKM
        The file has log2(RPKM+1), quantile normalised; a gene's length is part of the unit, so levels of
        different genes do not compare as CPM do.
    info : DataFrame, samples × (donor, tissue)
        "" where not known; without a donor each sample counts as its own.
    """

    l1000: pd.DataFrame
    rnaseq: pd.DataFrame
    info: pd.DataFrame


def has_gtex_pairs(folder: Path) -> bool:
    """Say whether a data folder has both matrices of GSE92743."""
    return all((Path(folder) / name).is_file() for name in (L1000, RNASEQ))


def load_gtex_pairs(folder: Path) -> GtexPairs:
    """Load the pairs of GSE92743 from a data folder.

    Raises
    ------
    ValueError
        Not both files are there, or they share no sample.
    """
    folder = Path(folder)
    if not has_gtex_pairs(folder):
        raise ValueError(
            f"{folder} does not have both {L1000} and {RNASEQ}; get them with `l1000-rnaseq fetch "
            "gse92743_l1000 gse92743_rnaseq`."
        )
    first, second = (open_profiles(folder / name) for name in (L1000, RNASEQ))
    common = [sample for sample in first.sample_ids if sample in set(second.sample_ids)]
    if not common:
        raise ValueError(
            f"{folder}: {L1000} and {RNASEQ} share no sample; their ids begin with "
            f"{first.sample_ids[0]!r} and {second.sample_ids[0]!r}, expected the same."
        )
    l1000, rnaseq = read_landmarks(first, LEVEL3, common), second.frame(common)
    check_scale(rnaseq.to_numpy(), str(second.path), LOG2)
    rnaseq = rnaseq.loc[:, ~rnaseq.columns.duplicated()]
    linear = np.maximum(np.exp2(rnaseq) - 1, 0)
    return GtexPairs(l1000, linear, _donors(pd.Index(common), folder / INFO))


def _donors(samples: pd.Index, path: Path) -> pd.DataFrame:
    """Read donor and tissue from the sample table; donors are in a column, or in the ids themselves."""
    table = pd.DataFrame(index=samples)
    if path.is_file():
        table = match(read_metadata(path), samples, L1000, path, unlisted="blank")
    texts = [pd.Series(samples.astype(str), samples), *(table[name] for name in table)]
    donor = next(
        (ids for text in texts if (ids := text.str.extract(DONOR, expand=False)).notna().all()), None
    )
    if donor is None:
        log.warning("GSE92743: no donor is named in the ids or the table; each sample counts as its own")
        donor = pd.Series(samples.astype(str), samples)
    tissue = next((table[name] for name in TISSUES if name in table), pd.Series("", samples))
    return pd.DataFrame({"donor": donor, "tissue": tissue.to_numpy()}, index=samples)
