"""Which samples are compared: older brackets against the youngest, by donor, in groups of equal size."""

from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.characteristic_direction import DEFAULT, DirectionSettings

BRACKETS = ("20-29", "30-39", "40-49", "50-59", "60-69", "70-79")
FILTERS = ("published", "edgeR")
SCORES = ("cd", "t")


@dataclass(frozen=True)
class AgingSettings:
    """Settings of the case study; the defaults are the paper's (Jeon 2022, Case study), where it gives them.

    Attributes
    ----------
    young : str
        Bracket of the controls.
    older : tuple of str
        Brackets compared with it.
    tissue : str
        SMTS, primary tissue (paper), or SMTSD, tissue in detail.
    gene_filter : {"published", "edgeR"}
        The paper's words taken literally, or edgeR's filterByExpr with the age brackets as groups.
    equal_sizes : bool
        Draw as many old donors as young ones (paper).
    n_draws : int
        Draws; the paper made one.
    min_donors : int
        Donors that each group needs. The paper names no minimum.
    covariates : tuple of str
        Columns of the sample table that the model adjusts for, SEX and SMTSD for instance; the paper: none.
    score : {"cd", "t"}
        What genes are ranked by: characteristic direction, or moderated t of limma-voom. The paper does not
        say how its ageing signatures were computed.
    direction : DirectionSettings
    top : int
        Genes up and down of each signature in the gene sets and in the counts.
    """

    young: str = "20-29"
    older: tuple[str, ...] = BRACKETS[1:]
    tissue: str = "SMTS"
    gene_filter: str = "published"
    equal_sizes: bool = True
    n_draws: int = 1
    min_donors: int = 3
    covariates: tuple[str, ...] = ()
    score: str = "cd"
    direction: DirectionSettings = DEFAULT
    top: int = 250

    def __post_init__(self):
        for name, options in (("gene_filter", FILTERS), ("score", SCORES)):
            if getattr(self, name) not in options:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(options)}.")
        for name, least in (("n_draws", 1), ("min_donors", 2), ("top", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least {least}.")
        if self.young in self.older:
            raise ValueError(f"{self.young} is both the young bracket and one of the older; name it once.")


AGING_PRESETS = {
    "as_published": AgingSettings(),
    "best": AgingSettings(gene_filter="edgeR", n_draws=10),
}
"""The authors' code of this case study is not public, so there is no `as_coded`."""


def plan_comparisons(
    info: pd.DataFrame, settings: AgingSettings = AGING_PRESETS["as_published"]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List the comparisons that the samples support, and those they do not.

    A donor with several samples of a tissue counts once.

    Parameters
    ----------
    info : DataFrame, samples × (SUBJID, AGE, the tissue column)
    settings : AgingSettings

    Returns
    -------
    comparisons : DataFrame, sig_id × (tissue, older, young, donors_old, donors_young, samples_old,
        samples_young)
        sig_id: "GTEx Lung 20-29 vs 60-69".
    left_out : DataFrame, the same columns and `reason`

    Raises
    ------
    ValueError
        A column is absent, or a donor has two ages.
    """
    absent = [name for name in ("SUBJID", "AGE", settings.tissue, *settings.covariates) if name not in info]
    if absent:
        raise ValueError(
            f"the sample table has no column {', '.join(absent)}; it has {', '.join(info.columns)}."
        )
    ages = info.groupby("SUBJID")["AGE"].nunique()
    if (ages > 1).any():
        raise ValueError(f"{(ages > 1).sum()} donors have two ages, {ages.idxmax()} for one; mend the table.")
    rows = []
    for tissue, part in info.groupby(settings.tissue, sort=True):
        donors = part.groupby("AGE")["SUBJID"].nunique()
        samples = part["AGE"].value_counts()
        for older in settings.older:
            row = {"tissue": tissue, "older": older, "young": settings.young}
            for counted, counts in (("donors", donors), ("samples", samples)):
                row |= {f"{counted}_old": int(counts.get(older, 0))}
                row |= {f"{counted}_young": int(counts.get(settings.young, 0))}
            too_few = [
                f"{row[key]} of {bracket}"
                for key, bracket in (("donors_young", settings.young), ("donors_old", older))
                if row[key] < settings.min_donors
            ]
            row["reason"] = (
                f"donors: {' and '.join(too_few)}; at least {settings.min_donors} each" if too_few else ""
            )
            rows.append(row)
    table = pd.DataFrame(rows, index=[f"GTEx {r['tissue']} {r['young']} vs {r['older']}" for r in rows])
    table.index.name = "sig_id"
    is_supported = table["reason"] == ""
    return table[is_supported].drop(columns="reason"), table[~is_supported]


def draw_samples(
    info: pd.DataFrame,
    comparison: pd.Series,
    number: int,
    settings: AgingSettings = AGING_PRESETS["as_published"],
    seed: int = 0,
) -> tuple[list[str], list[str]]:
    """Draw the samples of one comparison: donors without replacement, then one sample of each donor.

    The result depends on the comparison, the number and the seed only, not on the order of samples, the
    other tissues or the covariates.

    Parameters
    ----------
    info : DataFrame, samples × (SUBJID, AGE, …)
        Samples of the tissue.
    comparison : Series
        A row of `plan_comparisons`.
    number : int
        Number of the draw, from 0.
    settings : AgingSettings
    seed : int

    Returns
    -------
    old, young : list of str
        Sample ids, sorted; equally many with `settings.equal_sizes`.
    """
    rng = np.random.default_rng([seed, number, crc32(str(comparison.name).encode())])
    groups = []
    for bracket in (comparison["older"], comparison["young"]):
        part = info[info["AGE"] == bracket].sort_index()
        groups.append({donor: list(ids) for donor, ids in sorted(part.groupby("SUBJID").groups.items())})
    size = min(map(len, groups)) if settings.equal_sizes else None
    drawn = []
    for group in groups:
        names = list(group)
        if size is not None and size < len(names):
            names = [names[i] for i in rng.choice(len(names), size, replace=False)]
        drawn.append(sorted(group[name][rng.integers(len(group[name]))] for name in names))
    return drawn[0], drawn[1]


def permute_ages(info: pd.DataFrame, tissue: str = "SMTS", number: int = 0, seed: int = 0) -> pd.DataFrame:
    """Exchange the ages of the donors of each tissue.

    Each donor gets one random rank, which is used in all tissues. The ages of a tissue are given out in the
    order of these ranks. So each tissue keeps its number of donors of every age, and a donor is old or young
    in all tissues alike. Sex stays with the donor.

    Parameters
    ----------
    info : DataFrame, samples × (SUBJID, AGE, the tissue column)
        All tissues or one; a tissue gets the same ages either way.
    tissue : str
        Column of the tissue.
    number : int
        Number of the permutation.
    seed : int

    Returns
    -------
    DataFrame like `info`, with other ages.
    """
    ages = pd.Series(index=info.index, dtype=object)
    for _, part in info.groupby(tissue):
        age_of_donor = part.drop_duplicates("SUBJID").set_index("SUBJID")["AGE"]
        order = sorted(
            age_of_donor.index, key=lambda donor: blake2b(f"{seed} {number} {donor}".encode()).digest()
        )
        new_age = pd.Series(np.sort(age_of_donor.to_numpy(str)), order, dtype=object)
        ages.loc[part.index] = new_age.loc[part["SUBJID"]].to_numpy()
    return info.assign(AGE=ages)
