"""Simulate the folder that a finished `fetch` leaves: official names and formats, any share of the size."""

import json
import shutil
from pathlib import Path

import numpy as np
from tqdm import tqdm

from l1000_rnaseq.data.fetch.manifest import read_manifest
from l1000_rnaseq.data.files.disk import human
from l1000_rnaseq.data.files.output import LOCK, output
from l1000_rnaseq.data.simulate import biology
from l1000_rnaseq.data.simulate.data_folder import UNFINISHED, planted_truth
from l1000_rnaseq.data.simulate.gene_sets import write_genesets
from l1000_rnaseq.data.simulate.l1000 import make_beads
from l1000_rnaseq.data.simulate.official import release_tables as tables
from l1000_rnaseq.data.simulate.official.archs4_h5 import write_archs4
from l1000_rnaseq.data.simulate.official.gtex_gct import GtexRelease, write_gtex
from l1000_rnaseq.data.simulate.official.l1000_releases import LAYOUTS, SIZES, write_release
from l1000_rnaseq.data.simulate.official.paired_gtex import write_gse106127, write_pairs
from l1000_rnaseq.data.simulate.official.perturbations import Reader, perturbagens
from l1000_rnaseq.data.simulate.official.plates import Release
from l1000_rnaseq.data.simulate.writers import write_bytes, write_table

N_ARCHS4, N_ARCHS4_GENES = 888_821, 67_186
"""Samples and genes of ARCHS4 human v2.5."""
N_GTEX = {"gtex_": 17_382, "gtex_v10_": 19_616}
N_PAIRS, N_HAIRPINS = 3_176, 119_013
LEAST_OTHER_GENES = 16_215  # so many beside the landmarks have all 12,328 CMap genes among them
GENE_SETS = {  # name that write_genesets gives → name that fetch gives
    "chea_2015.gmt": "chea_2022.gmt",
    "encode_tf_2015.gmt": "encode_tf_chip-seq_2015.gmt",
    "hpa_secretome.tsv": "hpa_secretome_search.tsv",
}


def needed_bytes(scale: float) -> int:
    """Return about how many bytes a simulated official folder takes."""
    levels = {"GSE92742": 2 + 1 / 3, "GSE70138": 1 + 1 / 3, "LINCS 2020": 2 + 1 / 3}
    rows = sum(levels[name] * max(96, scale * n) for name, kinds in SIZES.items() for n in kinds.values())
    others = N_ARCHS4 * N_ARCHS4_GENES + 2 * 10**9 + 8 * N_PAIRS * 12_320 + 5 * N_HAIRPINS * 978
    return int(rows * 12_328 * 4 + scale * others) + 20_000_000


def simulate_official(
    folder, scale: float = 0.01, seed: int = 0, force: bool = False, progress: bool = True
) -> list[str]:
    """Write a data folder as a finished `fetch` leaves it, at a share of the official sizes.

    Parameters
    ----------
    folder : path-like
        Made if it does not exist; must be empty unless `force`, but for what a run that was stopped left.
    scale : float
        1 is the size of the originals. Every file keeps a least size: 16 wells per plate, six plates per kind
        of perturbagen, three samples per GTEx tissue.
    seed : int
        The same seed gives the same values.
    force : bool
        Write into a folder that is not empty; files of the same names are replaced.
    progress : bool
        Show a tqdm bar.

    Returns
    -------
    list of str
        Datasets of the manifest that are not simulated.

    Raises
    ------
    ValueError
        `scale` is not above 0 and at most 1, or the folder is not empty.
    OSError
        The disk is too small.

    Examples
    --------
    >>> simulate_official("official", scale=0.001)  # doctest: +SKIP
    ['archs4_human_v2_5', 'archs4_human_v9', …]
    """
    folder = Path(folder)
    if not 0 < scale <= 1:
        raise ValueError(f"scale is {scale}; expected a number above 0, and at most 1 (the official sizes).")
    with output(folder, folder=True):
        there, begun = {path.name for path in folder.iterdir()} - {LOCK}, folder / UNFINISHED
        if there and UNFINISHED not in there and not force:
            raise ValueError(f"{folder} is not empty; name an empty or new folder, or pass --force.")
        needed, free = needed_bytes(scale), shutil.disk_usage(folder).free
        if UNFINISHED not in there and needed > free:
            raise OSError(
                f"{folder} needs about {human(needed)} at scale {scale:g}, but {human(free)} are free there; "
                "free some space or choose a smaller scale."
            )
        begun.touch()
        _write(folder, scale, seed, progress)
        begun.unlink()
    return [name for name, dataset in read_manifest().items() if not (folder / dataset.path).is_file()]


def _write(folder: Path, scale: float, seed: int, progress: bool) -> None:
    for name in ("l1000", "rnaseq", "paired", "truth"):
        (folder / name).mkdir(exist_ok=True)
    rng = np.random.default_rng([seed, 2020])
    n_genes = max(LEAST_OTHER_GENES, round(scale * N_ARCHS4_GENES))
    world = biology.make_world(n_genes, 12, rng)
    reader = Reader(world, make_beads(world, 6, 0.2, rng))
    treatments = perturbagens(world, scale, seed)
    _write_tables(folder / "l1000", world, treatments)
    gtex = {
        prefix: GtexRelease(world, round(scale * n), 10 * seed + k, "ST"[k])
        for k, (prefix, n) in enumerate(N_GTEX.items())
    }
    pairs = GtexRelease(world, round(scale * N_PAIRS), 10 * seed + 7, "P")
    write_genesets(folder, world, rng)
    for made, name in GENE_SETS.items():
        (folder / "genesets" / made).replace(folder / "genesets" / name)
    for name in ("nr3c1_targets.gmt", "ageing_muscle_gtex.tsv"):
        (folder / "genesets" / name).unlink()
    write_table(treatments.round(4), folder / "truth/perturbagens.tsv", index=True)
    ages = {prefix.strip("_"): release.donors["age"].round(2).to_dict() for prefix, release in gtex.items()}
    planted = {"seed": seed, "scale": scale, **planted_truth(world, reader.beads), "donor_age_years": ages}
    write_bytes(json.dumps(planted, indent=1).encode(), folder / "planted_truth.json")
    write_bytes(_PROSE.encode(), folder / "PLANTED_TRUTH.md")
    releases = [
        Release(
            reader, treatments, {k: round(scale * n) for k, n in SIZES[layout.name].items()}, 10 * seed + k
        )
        for k, layout in enumerate(LAYOUTS, start=1)
    ]
    n_wells = sum(sum(sizes) for release in releases for _, _, sizes in release.plan)
    with tqdm(total=n_wells, unit="well", disable=not progress) as bar:
        for release, layout in zip(releases, LAYOUTS, strict=True):
            write_release(folder / "l1000", release, layout, bar.update)
    write_gse106127(folder / "l1000", reader, treatments, round(scale * N_HAIRPINS), seed)
    write_pairs(folder / "paired", reader, pairs)
    for prefix, release in gtex.items():
        write_gtex(folder / "rnaseq", release, prefix)
    write_archs4(folder / "rnaseq/human_matrix.h5", world, max(96, round(scale * N_ARCHS4)), seed)


def _write_tables(folder: Path, world: biology.World, treatments) -> None:
    for prefix in ("", "gse70138_"):
        write_table(tables.gene_info(), folder / f"{prefix}gene_info.txt")
        write_table(tables.cell_info().fillna("-666"), folder / f"{prefix}cell_info.txt")
        write_table(tables.pert_info(treatments), folder / f"{prefix}pert_info.txt")
    write_table(tables.gene_info_2020(), folder / "geneinfo_beta.txt")
    write_table(tables.cell_info_2020(), folder / "cellinfo_beta.txt")
    write_table(tables.compound_info_2020(world, treatments), folder / "compoundinfo_beta.txt")


_PROSE = """# What is true in this folder

Every file here is simulated; no value was measured. Names, formats and columns are those of the official
files.

**Cells, beads, compounds and knock-outs** are those of `l1000-rnaseq simulate`: planted_truth.json has
them. True expression is log2(CPM+1). A bead reads 4 + 11 · sigmoid of it, leaks into its partner, and has
noise.

**Perturbagens.** truth/perturbagens.tsv has every compound, hairpin and guide. One that is not in
planted_truth.json does what the compound or knock-out of the same `programme` does, times `strength`.

**L1000.** GSE92742, GSE70138 and LINCS 2020 have wells of their own. Three plates share a layout. Landmarks
are measured and quantile normalised: the values of a well are the same in every well, in another order. The
11,350 other genes are a linear function of the landmarks, as CMap's inference is. Level 4 is a z-score on
the plate, Level 5 the mean of the replicates.

**GTEx.** v8 and v10 have the same 54 tissues and other donors. A donor has a true age (donor_age_years).
Genes of ageing_log2_per_decade change by so much per decade about 50: the shared ones in all tissues. Every
tissue has 60 more of its own, but for the four that planted_truth.json lists. Rows that end with _PAR_Y are
zero.

**GSE92743** has both technologies of further donors. **GSE106127** has hairpins and their consensus for each
gene, and guides of the planted genes.

**ARCHS4.** In a series of a cell line, every second sample has one compound at 10 uM. Samples have a depth
of about 20 million reads, one in ten only a fiftieth. One in twelve has a singlecellprobability of .9 or
more.
"""
