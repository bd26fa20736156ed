"""How often other assays agree with the index, by sign (see `evaluate.assay_agreement`).

python benchmarks/other_assays.py --data ../shared/data
"""

import click
from l1000_rnaseq.evaluate.assay_agreement import agreement_rates
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.other_assays import OtherAssays
from printed_table import show


@click.command()
@click.option("--data", multiple=True, required=True, help="What `search --assays` takes.")
@click.option("--index", type=click.Path(), help="The demo index when absent.")
def main(data, index):
    """Print the table."""
    rates = agreement_rates(Index(index), OtherAssays.of(data)).reset_index()
    for name in ("agree", "base_rate"):
        rates[name] = [f"{share:.1%}" for share in rates[name]]
    show(rates.astype({"perturbagens": int, "contrasts": int}).to_dict("records"))


if __name__ == "__main__":
    main()
