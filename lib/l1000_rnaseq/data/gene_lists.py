"""Lists of genes in text files, as people and programs write them."""

import re
from pathlib import Path

from l1000_rnaseq.data.files.missing import is_missing

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def read_genes(path: Path) -> list[str]:
    """Read one gene per line, or several by spaces or commas.

    Of a table (fields by tabs, or numbers beside the gene) the first column is read. What follows a #, quotes
    and NA are left out.

    Raises
    ------
    FileNotFoundError, ValueError
        No such file; not text; no gene in it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; expected one with a gene per line.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text; expected a file with a gene per line.") from error
    fields = [field for line in lines for field in _fields(line.split("#")[0])]
    genes = [field for field, missing in zip(fields, is_missing(fields), strict=True) if not missing]
    if not genes:
        raise ValueError(f"{path} names no gene; expected one per line.")
    return genes


def _fields(line: str) -> list[str]:
    fields = [field.strip("\"'") for field in re.split(r"[\s,;]+", line) if field]
    numbers = [bool(NUMBER.fullmatch(field)) for field in fields]
    # Entrez ids in a row are genes all; a number beside a name is not
    is_table = "\t" in line.strip() or (any(numbers) and not numbers[0])
    return fields[:1] if is_table else fields
