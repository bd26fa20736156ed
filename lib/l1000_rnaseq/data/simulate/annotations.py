"""Names of genes (as HGNC's) and facts of compounds (as the Repurposing Hub's) of a simulated folder."""

from pathlib import Path

import pandas as pd

from l1000_rnaseq.data.genes import describe_genes
from l1000_rnaseq.data.simulate.biology import World
from l1000_rnaseq.data.simulate.l1000 import TARGETS
from l1000_rnaseq.data.simulate.writers import write_bytes, write_table

_HGNC = """hgnc_id symbol name locus_group locus_type location alias_symbol prev_symbol alias_name prev_name
gene_group entrez_id ensembl_gene_id uniprot_ids omim_id refseq_accession mane_select date_modified""".split()


def write_gene_names(folder: Path, world: World) -> None:
    """Write names/hgnc.tsv.gz: today's symbol of each gene CMap has, its L1000 symbol as a previous one."""
    genes = world.genes[world.genes["kind"] != "other"]
    is_renamed = genes["new_symbol"] != genes.index
    table = pd.DataFrame(
        {
            "hgnc_id": [f"HGNC:{900_000 + number}" for number in range(len(genes))],
            "symbol": genes["new_symbol"],
            "name": genes["title"].replace("-666", "not given"),
            "locus_group": "protein-coding gene",
            "locus_type": "gene with protein product",
            "alias_symbol": describe_genes(genes.index)["aliases"],
            "prev_symbol": genes.index.to_series().where(is_renamed),
            "entrez_id": genes["entrez"],
            "ensembl_gene_id": genes["ensembl"],
        }
    )
    table = table.reset_index(drop=True).reindex(columns=_HGNC).sort_values("symbol")
    write_table(table, folder / "names/hgnc.tsv.gz")


def _uncapitalised(mechanism: str) -> str:
    """Write 'Proteasome inhibitor' as the Hub does, 'HDAC inhibitor' as it is."""
    return mechanism if mechanism[1].isupper() else mechanism[0].lower() + mechanism[1:]


def write_compounds(folder: Path, world: World) -> None:
    """Write compounds/repurposing_drugs_20200324.txt: mechanism and target of every planted compound."""
    compounds = sorted(world.compounds.values(), key=lambda compound: compound.name)
    rows = [(c.name, "Launched", _uncapitalised(c.moa), TARGETS[c.moa.split()[0]]) for c in compounds]
    table = pd.DataFrame(rows, columns=["pert_iname", "clinical_phase", "moa", "target"])
    table = table.assign(disease_area="", indication="")
    text = "!Source\tSimulated: see PLANTED_TRUTH.md\t\t\t\t\r\n" + table.to_csv(
        sep="\t", index=False, lineterminator="\r\n"
    )
    write_bytes(text.encode("latin-1"), folder / "compounds/repurposing_drugs_20200324.txt")
