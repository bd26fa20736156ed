"""Signatures of wells that are in memory: AnnData in, AnnData out."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.signatures.batch import METHODS, batch_signatures
from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
from l1000_rnaseq.signatures.design import design
from l1000_rnaseq.signatures.signature_files import SCORE_FILES, WellReader
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.transform import about_genes

if TYPE_CHECKING:
    import anndata


def signatures(
    wells: "anndata.AnnData",
    method: str = "cd",
    controls: str = "vehicle",
    pool_doses: bool = False,
    direction: DirectionSettings | None = None,
    min_treated: int = 1,
    min_controls: int = 3,
    id_type: str = "auto",
    transform: bool = False,
    model: "str | Path | Bundle | None" = None,
) -> "anndata.AnnData":
    """Compare treated wells with control wells: one signature per perturbagen, cell line, dose and time.

    Parameters
    ----------
    wells : AnnData, wells × genes, log2 expression
        `obs` has the columns of inst_info, of any release: rna_plate, pert_id, pert_iname, pert_type,
        pert_dose, pert_time, cell_id. Genes are compared as they are, unless `transform` is given.
    method : {"cd", "limma", "fc"}
        Characteristic direction, moderated t, or log2 fold change alone.
    controls : {"vehicle", "others", "both", "medians"}
        What treated wells are compared with, always on their own plate and of their cell line: vehicle wells,
        wells of other treatments, every other well, or the median of the plate (see `design`).
    pool_doses : bool
        One signature over all doses of a perturbagen.
    direction : DirectionSettings, optional
        Of the characteristic direction; when absent those of the kind of controls (see `GAMMA`).
    min_treated, min_controls : int
        Groups with fewer wells are skipped. A signature of one treated well has no replicate agreement.
    id_type : str
        What the gene ids are (see `resolve_ids`).
    transform : bool
        The wells are L1000 Level 3: compare landmarks, and predict the change of the whole genome by the
        model of changes. This follows genes better than comparing profiles of `transform`, which is for
        levels.
    model : path or Bundle, optional
        The translator for `transform`; without it, the one that ships.

    Returns
    -------
    AnnData, signatures × genes
        X and the layer log2fc are log2 fold changes; the layer cd (or t) is the score of the method. `obs`
        has the columns of sig_info, the number of wells, the replicates' agreement, the strength and its
        place among vehicle wells (see `BatchSignatures`). `uns["skipped"]` lists the groups without a
        signature, with the reason.

    Raises
    ------
    ValueError
        A column is missing, a value is missing, or no group has enough wells.

    Examples
    --------
    >>> import tempfile, l1000_rnaseq as lr
    >>> folder = lr.simulate(tempfile.mkdtemp(), small=True)
    >>> wells = lr.read(f"{folder}/l1000/level3.gctx", info=f"{folder}/l1000/inst_info.txt")
    >>> changes = lr.signatures(wells, transform=True)
    >>> sorted(changes.layers), bool(changes.n_vars > 16_000)
    (['cd', 'log2fc'], True)
    """
    import anndata

    if method not in SCORE_FILES:
        raise ValueError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}.")
    if model is not None and not transform:
        raise ValueError("model is for transform=True; give both, or neither.")
    file, bundle = open_profiles(wells, id_type=id_type), None
    if transform:
        bundle = model if isinstance(model, Bundle) else Bundle.load(model)
    reader = WellReader.of(file, bundle)
    plan = design(file.sample_metadata, controls, pool_doses, min_treated, min_controls)
    direction = direction or DirectionSettings.of_controls(controls)
    parts = []
    for sig_ids in plan.signatures.groupby("batch", sort=False).groups.values():
        profiles = reader.read(plan.wells(sig_ids))
        parts.append(batch_signatures(profiles, plan.plates, plan, list(sig_ids), method, direction))
    measures = pd.concat([part.table for part in parts])
    log2fc = np.concatenate([part.log2fc for part in parts])
    layers = {"log2fc": log2fc}
    if SCORE_FILES[method]:
        layers[SCORE_FILES[method].removesuffix(".gctx")] = np.concatenate([part.score for part in parts])
    genes = pd.Index(reader.genes, dtype=object)
    var = wells.var.set_axis(genes) if bundle is None else about_genes(bundle).reindex(genes)
    uns = {
        "units": "log2 fold change",
        "controls": controls,
        "method": METHODS[method],
        "version": __version__,
    }
    return anndata.AnnData(
        log2fc,
        plan.signatures.loc[measures.index].join(measures),
        var,
        uns=uns | {"skipped": plan.skipped},
        layers=layers,
    )
