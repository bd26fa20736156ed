"""An index built by workers is the one built here, also when a worker dies; what cannot be is refused."""

import os
import sys

import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.simulate.lincs import simulate_lincs
from l1000_rnaseq.search.build_from_folder import index_folder
from l1000_rnaseq.translate.bundle import Bundle


@pytest.fixture(scope="module")
def bundle(random_bundle):
    from dataclasses import replace

    import numpy as np
    from l1000_rnaseq.translate.change.change_map import ChangeMap

    plain, rng = Bundle.load(random_bundle), np.random.default_rng(0)
    left, right = (rng.normal(0, 0.1, part).astype(np.float32) for part in ((978, 5), (5, 60)))
    return replace(plain, change=ChangeMap(np.ones(978, np.float32), left, right))


@pytest.fixture(scope="module")
def here(bundle, tmp_path_factory):
    """A release of three batches, and its index."""
    folder = tmp_path_factory.mktemp("cluster")
    simulate_lincs(folder / "data", 800, progress=False)
    assert index_folder(folder / "data", folder / "here.h5", bundle, progress=False, keep_wells=True) == 800
    return folder / "data", (folder / "here.h5").read_bytes()


@pytest.fixture
def distributed():
    return pytest.importorskip("distributed", reason='needs the extra "cluster": pip install -e .[cluster]')


@pytest.mark.parametrize("n_workers", [1, 2])
def test_one_worker_two_workers_and_none_give_the_same_file(here, bundle, tmp_path, distributed, n_workers):
    data, wanted = here
    index_folder(data, tmp_path / "i.h5", bundle, progress=False, keep_wells=True, cluster=n_workers)
    assert (tmp_path / "i.h5").read_bytes() == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["i.h5"]


def test_a_worker_that_dies_costs_its_task_only(here, bundle, tmp_path, distributed, monkeypatch):
    """The first task kills its worker; the tasks that were done are not done again."""
    from l1000_rnaseq.search import cluster

    data, wanted = here
    log = tmp_path / "log"
    log.mkdir()
    monkeypatch.setattr(cluster, "_run_task", _Deadly(str(log)))
    index_folder(data, tmp_path / "i.h5", bundle, progress=False, keep_wells=True, cluster=2)
    assert (tmp_path / "i.h5").read_bytes() == wanted
    begun = [path.name.split()[0] for path in log.iterdir()]
    assert len(begun) <= 5 and len(set(begun)) == 3  # the dead worker's task, and one that waited there


class _Deadly:
    """A task that notes its signatures, and dies where it is the first of all."""

    def __init__(self, log: str):
        self.log = log

    def __call__(self, stored, task, *rest):
        from l1000_rnaseq.search import cluster

        is_first = not os.listdir(self.log)
        name = next(iter(task.plan.comparisons)).replace("/", "_").replace(" ", "_")
        open(os.path.join(self.log, f"{name} {os.getpid()}"), "x").close()
        if is_first:
            os._exit(1)
        return cluster.run_task(*cluster._opened(stored), task, *rest)


def test_a_scheduler_at_an_address_is_used(here, bundle, tmp_path, distributed):
    data, wanted = here
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster:
        address = cluster.scheduler_address
        index_folder(data, tmp_path / "i.h5", bundle, progress=False, keep_wells=True, cluster=address)
    assert (tmp_path / "i.h5").read_bytes() == wanted


def test_what_cannot_be_is_refused(here, bundle, tmp_path, monkeypatch):
    data = here[0]
    with pytest.raises(ValueError, match="--cluster 0: expected at least one process"):
        index_folder(data, tmp_path / "i.h5", bundle, progress=False, cluster="0")
    done = CliRunner().invoke(main, ["index", str(tmp_path), str(tmp_path / "i.h5"), "--cluster", "2"])
    assert done.exit_code == 2 and "--cluster is for --wells and --data" in done.output
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(ModuleNotFoundError) as error:
        index_folder(data, tmp_path / "i.h5", bundle, progress=False, cluster=1)
    assert error.value.name.startswith("dask")
