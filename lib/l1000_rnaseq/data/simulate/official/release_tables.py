"""Tables of the simulated L1000 releases, each with the columns of its own release."""

import numpy as np
import pandas as pd

from l1000_rnaseq.data.genes import cmap_genes, landmarks
from l1000_rnaseq.data.simulate.biology import L1000_LINES, World
from l1000_rnaseq.data.simulate.l1000 import TARGETS
from l1000_rnaseq.data.simulate.official.plates import Batch

INST_2020 = """bead_batch nearest_dose pert_dose pert_dose_unit pert_idose pert_time pert_itime pert_time_unit
cell_mfc_name pert_mfc_id det_plate det_well rna_plate rna_well count_mean count_cv qc_f_logp qc_iqr qc_slope
pert_id sample_id pert_type cell_iname qc_pass dyn_range inv_level_10 build_name failure_mode project_code
cmap_name""".split()
SIG_2020 = """bead_batch nearest_dose pert_dose pert_dose_unit pert_idose pert_itime pert_time pert_time_unit
cell_mfc_name pert_mfc_id nsample cc_q75 ss_ngene tas pct_self_rank_q25 wt median_recall_rank_spearman
median_recall_rank_wtcs_50 median_recall_score_spearman median_recall_score_wtcs_50 batch_effect_tstat
batch_effect_tstat_pct is_hiq qc_pass pert_id sig_id pert_type cell_iname det_wells det_plates distil_ids
build_name project_code cmap_name is_ncs_exemplar""".split()
CELL_2020 = """cell_iname cellosaurus_id donor_age donor_age_death donor_disease_age_onset doubling_time
growth_medium provider_catalog_id feature_id cell_type donor_ethnicity donor_sex donor_tumor_phase
cell_lineage primary_disease subtype provider_name growth_pattern ccle_name cell_alias""".split()
COMPOUND_2020 = "pert_id cmap_name target moa canonical_smiles inchi_key compound_aliases".split()
GENE_2020 = "gene_id gene_symbol ensembl_id gene_title gene_type src feature_space".split()
CELL_INFO = """cell_id cell_type base_cell_id precursor_cell_id modification sample_type primary_site subtype
original_growth_pattern provider_catalog_id original_source_vendor donor_age donor_sex
donor_ethnicity""".split()
FAILED = 20  # one well in so many did not pass LINCS 2020's quality control


def _dosed(table: pd.DataFrame, missing: str, unit: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return dose, unit and the two in one text; `missing` where there is no dose."""
    dose = table["dose"].map("{:g}".format).replace("nan", missing)
    has = table["dose"].notna()
    return dose, pd.Series(np.where(has, unit, missing), table.index), (dose + f" {unit}").where(has, missing)


def _of_2020(table: pd.DataFrame, batch: Batch, line: str) -> dict:
    """Return the columns that LINCS 2020's tables of wells and of signatures share."""
    dose, unit, both = _dosed(table, "", "uM")
    return {
        "pert_dose": dose,
        "nearest_dose": dose,
        "pert_dose_unit": unit,
        "pert_idose": both,
        "pert_time": batch.hours,
        "pert_itime": f"{batch.hours} h",
        "pert_time_unit": "h",
        "cell_iname": line,
        "cell_mfc_name": f"{line}.311" if batch.kind == "xpr" else line,
        "pert_id": table["pert_id"],
        "pert_mfc_id": table["pert_id"],
        "cmap_name": table["pert_iname"],
        "pert_type": table["pert_type"],
        "bead_batch": "b1",
        "project_code": batch.name[:3],
    }


def inst_info(batch: Batch, line: str, release: str) -> pd.DataFrame:
    """Return the rows of inst_info of a batch.

    Parameters
    ----------
    batch : Batch
    line : str
        Cell line.
    release : {"GSE92742", "GSE70138", "LINCS 2020"}
    """
    wells = batch.wells
    if release == "LINCS 2020":
        columns = _of_2020(wells, batch, line) | {
            "sample_id": wells["inst_id"],
            "det_plate": wells["plate"],
            "det_well": wells["well"],
            "rna_plate": wells["plate"],
            "rna_well": wells["well"],
            "qc_pass": (wells["position"] % FAILED != FAILED - 1).astype(int),
            "build_name": "",
        }
        return pd.DataFrame(columns, index=wells.index).reindex(columns=INST_2020)
    dose, unit, _ = _dosed(wells, "-666", "um")
    drug = {name: wells[name] for name in ("pert_id", "pert_iname", "pert_type")}
    amount = {"pert_dose": dose, "pert_dose_unit": unit}
    time = {"pert_time": batch.hours, "pert_time_unit": "h"}
    if release == "GSE70138":
        plate = {"cell_id": line, "det_plate": wells["plate"], "det_well": wells["well"]}
        columns = plate | {"pert_mfc_id": wells["pert_id"]} | time | amount | drug
    else:
        plate = {"rna_plate": wells["plate"], "rna_well": wells["well"]}
        columns = plate | drug | amount | time | {"cell_id": line}
    return pd.DataFrame({"inst_id": wells["inst_id"]} | columns)


def sig_info(batch: Batch, line: str, release: str) -> pd.DataFrame:
    """Return the rows of sig_info of a batch; parameters as in `inst_info`."""
    table = batch.signatures
    if release == "LINCS 2020":
        plates = table["distil_id"].str.replace(r":\w+", "", regex=True)
        columns = _of_2020(table, batch, line) | {
            "sig_id": table["sig_id"],
            "nsample": table["distil_id"].str.count(r"\|") + 1,
            "distil_ids": table["distil_id"],
            "det_plates": plates,
            "qc_pass": 1,
        }
        return pd.DataFrame(columns, index=table.index).reindex(columns=SIG_2020)
    dose, unit, both = _dosed(table, "-666", "um")
    drug = {name: table[name] for name in ("sig_id", "pert_id", "pert_iname", "pert_type")}
    time = {"pert_time": batch.hours, "pert_time_unit": "h", "pert_itime": f"{batch.hours} h"}
    if release == "GSE70138":
        columns = drug | {"cell_id": line, "pert_idose": both, "pert_itime": f"{batch.hours} h"}
    else:
        amount = {"pert_dose": dose, "pert_dose_unit": unit, "pert_idose": both}
        columns = drug | {"cell_id": line} | amount | time
    return pd.DataFrame(columns | {"distil_id": table["distil_id"]})


def gene_info() -> pd.DataFrame:
    """Return gene_info of GSE92742, which GSE70138 shares: 12,328 genes."""
    genes, marks = cmap_genes(), landmarks()
    return pd.DataFrame(
        {
            "pr_gene_id": genes["entrez"],
            "pr_gene_symbol": genes.index,
            "pr_gene_title": marks["title"].reindex(genes.index).fillna("-666"),
            "pr_is_lm": genes["is_landmark"],
            "pr_is_bing": genes["is_bing"],
        }
    )


def cell_info() -> pd.DataFrame:
    """Return cell_info of GSE92742, which GSE70138 shares."""
    lines = list(L1000_LINES)
    told = {"cell_id": lines, "cell_type": "cell line", "base_cell_id": lines, "sample_type": "tumor"}
    return pd.DataFrame(told | {"primary_site": list(L1000_LINES.values())}).reindex(columns=CELL_INFO)


def pert_info(perturbagens: pd.DataFrame) -> pd.DataFrame:
    """Return pert_info of GSE92742 and GSE70138: one row per perturbagen."""
    table = perturbagens.reset_index()
    told = {
        "pert_id": table["pert_id"],
        "pert_iname": table["pert_iname"],
        "pert_type": "trt_" + table["kind"],
    }
    structure = dict.fromkeys(("inchi_key_prefix", "inchi_key", "canonical_smiles", "pubchem_cid"), "-666")
    return pd.DataFrame(told | {"is_touchstone": 0} | structure)


def gene_info_2020() -> pd.DataFrame:
    """Return geneinfo_beta.txt."""
    genes = cmap_genes()
    space = np.where(genes["is_bing"] == 1, "best inferred", "inferred")
    told = {
        "gene_id": genes["entrez"],
        "gene_symbol": genes.index,
        "ensembl_id": genes["ensembl"],
        "gene_title": landmarks()["title"].reindex(genes.index).fillna(""),
        "gene_type": "protein-coding",
        "src": "NCBI",
        "feature_space": np.where(genes["is_landmark"] == 1, "landmark", space),
    }
    return pd.DataFrame(told)[GENE_2020]


def cell_info_2020() -> pd.DataFrame:
    """Return cellinfo_beta.txt."""
    lines = list(L1000_LINES)
    told = {"cell_iname": lines, "cell_type": "tumor", "cell_lineage": list(L1000_LINES.values())}
    return pd.DataFrame(told | {"ccle_name": lines}).reindex(columns=CELL_2020)


def compound_info_2020(world: World, perturbagens: pd.DataFrame) -> pd.DataFrame:
    """Return compoundinfo_beta.txt: mechanism and target of the compounds that are named."""
    table = perturbagens[perturbagens["kind"] == "cp"].reset_index()
    mechanism = table["pert_iname"].map({name: c.moa for name, c in world.compounds.items()})
    told = {
        "pert_id": table["pert_id"],
        "cmap_name": table["pert_iname"],
        "moa": mechanism,
        "target": mechanism.dropna().str.split().str[0].map(TARGETS),
    }
    return pd.DataFrame(told).reindex(columns=COMPOUND_2020)
