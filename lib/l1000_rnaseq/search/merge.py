"""Signatures of several sources under ids of their own: what is the same once, what is not apart."""

import hashlib
import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.data.compounds import JOINED
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.search.sources import Source

log = logging.getLogger(__name__)


def merge(sources: Sequence[Source]) -> tuple[list[str], pd.DataFrame, np.ndarray, list]:
    """Join the tables of several sources.

    A signature of the same id and the same wells as one of an earlier source is left out. One of the same id
    and other wells, or of wells that are not known, is kept: its id gets the name of its source. Both are
    told in the log.

    Parameters
    ----------
    sources : sequence of Source

    Returns
    -------
    genes : list of str
        That all sources have.
    table : DataFrame, sig_id × metadata
    wells : uint64 array, signatures
        Of `well_digests`.
    parts : list of (source, positions of the genes, which signatures are kept)

    Raises
    ------
    ValueError
        No source, no signature, a signature twice in one source, or too few or too many genes in common.
    """
    if not sources:
        raise ValueError("No signatures were given; name at least one folder of signatures.")
    others = [set(source.genes) for source in sources[1:]]
    common = [gene for gene in sources[0].genes if all(gene in genes for genes in others)]
    if not 2 <= len(common) <= 65_535:
        raise ValueError(f"The sources share {len(common):,} genes; expected 2 to 65,535.")
    if any(len(source.genes) > len(common) for source in sources):
        log.warning("%s genes are in every source; the others are left out", f"{len(common):,}")
    parts, tables, wells = [], [], [well_digests(source) for source in sources]
    for n, (source, name) in enumerate(zip(sources, _names(sources), strict=True)):
        ids = source.table.index
        twice = ids[ids.duplicated()]
        if len(twice):
            raise ValueError(f"{len(twice)} signatures are twice in {name}: {first_five(twice)}.")
        seen, same = np.zeros(len(ids), bool), np.zeros(len(ids), bool)
        for earlier, digests in zip(sources[:n], wells[:n], strict=True):
            at = earlier.table.index.get_indexer(ids)
            seen |= at >= 0
            same |= (at >= 0) & (wells[n] == digests[at]) & (wells[n] != 0)
        table, renamed = source.table, seen & ~same
        if same.any():
            log.warning(
                "%s: %s signatures are in an earlier source already, of the same wells, and are left out",
                name,
                f"{same.sum():,}",
            )
        if renamed.any():
            log.warning(
                "%s: %s signatures have the id of another in an earlier source and get @%s after it: %s",
                name,
                f"{renamed.sum():,}",
                name,
                first_five(table.index[renamed]),
            )
            table = table.set_axis(table.index.where(~renamed, table.index + f"@{name}"))
        parts.append((source, pd.Index(source.genes).get_indexer(common), ~same))
        tables.append(table[~same].drop(columns=[*JOINED], errors="ignore"))  # looked up when it is opened
    tables = [table for table in tables if len(table)] or tables[:1]
    table = pd.concat(tables, verify_integrity=True)
    if table.empty:
        raise ValueError("The sources have no signatures.")
    kept = np.concatenate([of[keep] for of, (*_, keep) in zip(wells, parts, strict=True)])
    return common, table.rename_axis("sig_id"), kept, parts


def _names(sources: Sequence[Source]) -> list[str]:
    """Return a name for each source; a name that several have gets a number."""
    names = [getattr(source, "name", "source") for source in sources]
    return [name if names.count(name) == 1 else f"{name} {n}" for n, name in enumerate(names, 1)]


def well_digests(source: Source) -> np.ndarray:
    """Return a number for the treated wells of each signature, whatever their order: uint64, 0 if unknown."""
    if hasattr(source, "well_digests"):
        return source.well_digests
    wells = getattr(source, "wells", None)
    if wells is None:
        return np.zeros(len(source.table), np.uint64)
    return np.array([_digest(text) for text in wells], np.uint64)


def _digest(wells: str) -> int:
    names = sorted(set(filter(None, wells.split("|"))))
    digest = hashlib.blake2b("|".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") if names else 0
