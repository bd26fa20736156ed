"""What the small GTEx of these tests is made of, and GCT as text."""

import gzip

import pandas as pd

BRACKETS = ("20-29", "30-39", "60-69")
N_GENES, PLANTED = 600, 20  # the first 20 genes rise with age, the next 20 fall


def write_gct(path, counts: pd.DataFrame) -> None:
    """Write samples × genes as GCT 1.2."""
    table = counts.T.astype(int)
    lines = ["#1.2", f"{len(table)}\t{table.shape[1]}", "\t".join(["Name", "Description", *table.columns])]
    for number, (gene, row) in enumerate(table.iterrows()):
        lines.append("\t".join([f"ENSG9{number:010d}.1", gene, *map(str, row)]))
    text = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
