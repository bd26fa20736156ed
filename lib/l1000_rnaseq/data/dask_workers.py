"""Processes of this machine, or the workers of a Dask cluster."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def dask_client(cluster: int | str) -> Iterator:
    """Connect to workers.

    Parameters
    ----------
    cluster : int or str
        So many processes of this machine, or the address of a Dask scheduler.

    Yields
    ------
    dask.distributed.Client

    Raises
    ------
    ValueError
        Less than one process, or no scheduler at the address.
    ModuleNotFoundError
        Dask is not installed: the extra "cluster".
    """
    n = int(cluster) if str(cluster).isdecimal() else None
    if n is not None and n < 1:
        raise ValueError(f"--cluster {n}: expected at least one process, or the address of a scheduler.")
    from dask.distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.WARNING)  # that workers come and go is no news
    with ExitStack() as stack:
        address = cluster
        if n is not None:
            options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
            address = stack.enter_context(LocalCluster(n_workers=n, **options))
        try:
            client = stack.enter_context(Client(address, timeout="10s"))
        except (OSError, TimeoutError, ValueError) as error:
            raise ValueError(f"there is no Dask scheduler at {cluster}: {error}.") from error
        yield client
