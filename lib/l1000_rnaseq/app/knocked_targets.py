"""Whether the loss of a compound's target moves the gene the same way, for the page of a gene."""

import numpy as np
import pandas as pd

from l1000_rnaseq.app.card_tables import Perturbagens, columns
from l1000_rnaseq.search.other_assays import LOSS


def knocked_targets(table: pd.DataFrame, perturbagens: Perturbagens, compounds: list[str]) -> dict:
    """Set compounds beside knock-downs and knock-outs of their targets.

    Parameters
    ----------
    table : DataFrame
        Of `consensus`, by compound, with all perturbagens.
    perturbagens : Perturbagens
    compounds : list of str
        Rows of `table`.

    Returns
    -------
    dict of columns (perturbagen, relative_rank, target, knocked_by, of_target, as_far, knocked)
        One row for each target that was knocked down or out; {} where none was. as_far: how many of the
        `knocked` genes of that type move the gene at least as far the compound's way, the target among them.
        It is the base rate: a target that few others exceed is evidence.
    """
    about = perturbagens.table.reindex(table.index)
    ranks = table["relative_rank"]
    losses = {kind: ranks[(about["type"] == kind).to_numpy()] for kind in LOSS}
    by_gene = {
        kind: of.set_axis(of.index.str.replace(f" ({kind})", "", regex=False)) for kind, of in losses.items()
    }
    rows = []
    for name in compounds:
        way = np.sign(ranks[name])
        for target in filter(None, about.loc[name, "targets"].split("|")):
            for kind, of in by_gene.items():
                if target in of.index:
                    as_far = int((way * of >= way * of[target]).sum())
                    rows.append((name, ranks[name], target, kind, of[target], as_far, len(of)))
    names = ["perturbagen", "relative_rank", "target", "knocked_by", "of_target", "as_far", "knocked"]
    return columns(pd.DataFrame(rows, columns=names)) if rows else {}
