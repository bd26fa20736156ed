"""What fetch wrote down about the files of a data folder, so that every later change is noticed."""

import csv
import io
from pathlib import Path

from l1000_rnaseq.data.files.disk import write_text
from l1000_rnaseq.data.files.output import held

UNFINISHED = ".fetch"
RECORD = "recorded_sha256.tsv"
RECORD_COLUMNS = ["name", "path", "url", "download_bytes", "download_sha256", "bytes", "sha256"]


def read_record(data: str | Path) -> dict[str, dict[str, str]]:
    """Read the record of a data folder.

    Parameters
    ----------
    data
        The data folder.

    Returns
    -------
    By dataset name: the size and sha256 of the download and of the file (they differ where a .gz was
    unpacked). Empty when nothing was fetched.

    Raises
    ------
    ValueError
        The file does not have the columns.
    """
    path = Path(data) / RECORD
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    if any(
        set(row) != set(RECORD_COLUMNS) or None in row.values() or not row["bytes"].isdigit() for row in rows
    ):
        raise ValueError(
            f"{path} must have the columns {', '.join(RECORD_COLUMNS)}; move it away to record anew"
        )
    return {row["name"]: row for row in rows}


def write_record(data: str | Path, values: list) -> None:
    """Add or replace one line of the record, in one step and alone.

    Parameters
    ----------
    data
        The data folder.
    values
        The values of ``RECORD_COLUMNS``, in that order.
    """
    data, row = Path(data), dict(zip(RECORD_COLUMNS, map(str, values), strict=True))
    with held(data / UNFINISHED / f"{RECORD}.lock", f"another fetch is writing {RECORD}", wait=True):
        rows = read_record(data) | {row["name"]: row}
        text = io.StringIO()
        writer = csv.DictWriter(text, RECORD_COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())
        write_text(data / RECORD, text.getvalue())
