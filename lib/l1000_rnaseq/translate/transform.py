"""Translate profiles in memory: AnnData in, AnnData out; DataFrame in, DataFrame out."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.genes import cmap_genes, describe_genes, gene_status
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input

if TYPE_CHECKING:
    import anndata

log = logging.getLogger(__name__)
UNUSUAL = "are unlike any of the training (another assay, species or tissue, or failed wells?)"


def transform(
    profiles: "str | Path | pd.DataFrame | anndata.AnnData",
    model: str | Path | Bundle | None = None,
    info: str | Path | pd.DataFrame | None = None,
    id_type: str = "auto",
    chunk: int = 1000,
) -> "pd.DataFrame | anndata.AnnData":
    """Turn L1000 profiles into RNA-seq-like whole-genome profiles, in memory.

    Parameters
    ----------
    profiles : path, DataFrame or AnnData
        L1000 Level 3 (log2 intensity), samples × genes. Genes are Entrez ids, symbols, Ensembl ids or
        Affymetrix probes, in any order. Further genes are ignored.
    model : path or Bundle, optional
        The translator; without it, the one that ships.
    info : path or DataFrame, optional
        A table of the samples, such as inst_info; its columns go to `obs`.
    id_type : {"auto", "entrez", "symbol", "ensembl", "probe"}
        What the gene ids are.
    chunk : int
        Profiles translated at a time; it does not change the result.

    Returns
    -------
    DataFrame or AnnData, samples × genes, float32, log2(CPM+1)
        A DataFrame for a DataFrame, else an AnnData: `obs` is kept, `var` has entrez_id, ensembl_id, status
        and how well it is followed (see `Bundle.reliability`), `uns` has units, model and version.

    Raises
    ------
    ValueError
        The profiles are not Level 3, more than 5 % of the landmarks are missing, or an id is unknown.

    See Also
    --------
    l1000_rnaseq.translate.transform_file.transform_file : for files larger than memory.

    Examples
    --------
    >>> import anndata, numpy as np, l1000_rnaseq as lr
    >>> from l1000_rnaseq.data.genes import landmarks
    >>> levels = np.random.default_rng(0).normal(8, 2, (3, 978)).clip(4, 15)
    >>> wells = anndata.AnnData(levels, var={"symbol": landmarks().index})
    >>> wells.var_names = landmarks().index
    >>> genomes = lr.transform(wells)
    >>> genomes.uns["units"]
    'log2(CPM+1)'
    >>> bool(genomes.n_vars > 16_000)
    True
    """
    bundle = model if isinstance(model, Bundle) else Bundle.load(model)
    file = open_profiles(profiles, info, id_type, unlisted="blank")
    level3 = Level3Input.of(file, bundle.landmarks, bundle.l1000_mean)
    blocks, unusual = [], 0
    for start in range(0, file.shape[0], chunk):
        landmarks, _ = level3.read(start, start + chunk)
        unusual += int(bundle.unusual(landmarks).sum())
        blocks.append(pd.DataFrame(bundle.genome_of(landmarks)[0], columns=list(bundle.genes)))
    if unusual:
        log.warning("%d of %d profiles %s: their genomes are guesses", unusual, file.shape[0], UNUSUAL)
    genomes = pd.concat(blocks).set_axis(file.sample_ids)
    return (
        genomes if isinstance(profiles, pd.DataFrame) else _annotated(genomes, file.sample_metadata, bundle)
    )


def _annotated(genomes: pd.DataFrame, obs: pd.DataFrame, bundle: Bundle) -> "anndata.AnnData":
    import anndata

    var = about_genes(bundle)
    model = f"{bundle.card.get('preset', 'unknown')}, sha256 {bundle.card.get('sha256', '')[:12]}"
    uns = {"units": "log2(CPM+1)", "model": model, "version": __version__}
    return anndata.AnnData(genomes.to_numpy(), obs.copy(), var, uns=uns)


def about_genes(bundle: Bundle) -> pd.DataFrame:
    """Return genes × (entrez_id, ensembl_id, status, how well a bundle follows them, half_width_90)."""
    about = describe_genes(bundle.genes)[["entrez_id", "ensembl_id", "status"]].join(bundle.reliability())
    half = bundle.half_width(0.9)
    return about if half is None else about.assign(half_width_90=half.reindex(about.index).round(3))


def output_genes(genes: list[str], bundle: Bundle | None = None) -> pd.DataFrame:
    """Return what a file of genomes or signatures says of its genes.

    Parameters
    ----------
    genes : list of str
    bundle : Bundle, optional
        Adds how well each gene is followed (see `Bundle.reliability`), and the half width of the gene's
        90 % interval.

    Returns
    -------
    DataFrame, genes × (pr_gene_id, gene_status, level_r, change_r, half_width_90)
        pr_gene_id is the Entrez id. NaN where it is not known.
    """
    entrez = cmap_genes()["entrez"].reindex(genes).astype("Int64")
    table = pd.DataFrame({"pr_gene_id": entrez, "gene_status": gene_status(genes)}, index=pd.Index(genes))
    if bundle is not None:
        known = bundle.reliability()[["level_r", "change_r"]].to_dict("series")
        known["half_width_90"] = bundle.half_width(0.9)
        for name, values in known.items():
            if values is not None:
                table[name] = values.reindex(genes).round(3).to_numpy()
    return table
