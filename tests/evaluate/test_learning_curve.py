"""The learning curve: planted pairs, closed forms that a loop can check, networks that run."""

import numpy as np
import pytest
from l1000_rnaseq.evaluate.learning_curve import (
    CLOSED,
    VARIANTS,
    curve_table,
    learning_curve,
    measured_curve,
    score,
    simulate_unpaired,
)


@pytest.fixture(scope="module")
def data():
    return simulate_unpaired(400, seed=3)


def test_the_same_seed_gives_the_same_profiles(data):
    again = simulate_unpaired(400, seed=3)
    for name in ("x", "y", "pairs_x", "pairs_y"):
        assert np.array_equal(getattr(data, name), getattr(again, name))
    assert not np.array_equal(data.x, simulate_unpaired(400, seed=4).x)


def test_the_pairs_are_pairs_and_the_sides_are_not(data):
    def matched(x, y):
        genes = np.argsort(-y.std(axis=0))[:200]
        x, y = (v[:, genes] - v[:, genes].mean(axis=0) for v in (x, y))
        r = np.corrcoef(x, y)[: len(x), len(x) :]
        return (r.argmax(axis=1) == np.arange(len(x))).mean()

    assert matched(data.pairs_x, data.pairs_y) > 0.95
    assert matched(data.x[:200], data.y[:200]) < 0.05


def test_an_unbalanced_side_has_other_states(data):
    lopsided = simulate_unpaired(400, seed=3, balanced=False)

    def apart(x, y):
        return np.abs(x.mean(axis=0) - y.mean(axis=0)).mean()

    assert apart(lopsided.y, lopsided.pairs_y) > apart(data.y, data.pairs_y)


def test_scores_are_those_of_a_loop(data):
    translated = data.pairs_y[:, ::-1] + np.arange(978) % 7
    found, centre = score(data, translated), data.y.mean(axis=0)
    rows = list(zip(data.pairs_y, translated, strict=True))
    assert found["pcc"] == pytest.approx(np.mean([np.corrcoef(a, b)[0, 1] for a, b in rows]), rel=1e-5)
    centred = np.mean([np.corrcoef(a - centre, b - centre)[0, 1] for a, b in rows])
    assert found["centred_pcc"] == pytest.approx(centred, rel=1e-4, abs=1e-6)
    genes = zip(data.pairs_y.T, translated.T, strict=True)
    assert found["gene_pcc"] == pytest.approx(np.mean([np.corrcoef(a, b)[0, 1] for a, b in genes]), abs=1e-5)
    assert score(data, data.pairs_y)["spread"] == pytest.approx(1)


def test_a_constant_has_no_spread_and_a_map_beats_it():
    table = learning_curve([300], seeds=[0, 1], networks=(), progress=False)
    assert len(table) == 2 * len(CLOSED)
    means = table.groupby("method")[["centred_pcc", "spread", "gene_pcc"]].mean()
    assert means.loc["mean", "spread"] == 0 and means.loc["mean", "gene_pcc"] == 0
    assert means.loc["monge", "centred_pcc"] > means.loc["ratio", "centred_pcc"] > 0.3


def test_networks_run():
    table = learning_curve([40], seeds=[0], epochs=2, progress=False).set_index("method")
    assert {"as_published", "as_coded"} <= set(table.index)
    assert table.drop(columns="balanced").notna().all(axis=None)


def test_the_code_learns_log10_and_is_scored_in_log2(monkeypatch):
    asked = {}

    class Truth:  # translates to the truth, in the unit it was trained in
        def __init__(self, unit):
            self.unit = unit

        def transform(self, x):
            return simulate_unpaired(40).pairs_y / self.unit

    def fit(x, y, settings, **kwargs):
        unit = float(simulate_unpaired(40).y.max() / y.max())
        asked[settings.generator] = unit
        return type("Fitted", (), {"step": Truth(unit)})

    monkeypatch.setattr("l1000_rnaseq.evaluate.learning_curve.fit_cyclegan", fit)
    table = learning_curve([40], seeds=[0], progress=False).set_index("method")
    assert asked == pytest.approx({"dense": 1, "residual": np.log2(10)})
    assert table.loc[["as_published", "as_coded"], "rmse"].max() < 1e-5


def test_the_measured_curve_has_closed_forms_beside_every_network_and_no_row_twice():
    table = measured_curve()
    assert not table.duplicated(["method", "profiles", "seed", "balanced"]).any()
    assert set(table["method"]) <= {*CLOSED, *VARIANTS}
    beside = table.groupby(["profiles", "seed", "balanced"])["method"].agg(set)
    assert all(set(CLOSED) < methods for methods in beside)
    assert table["centred_pcc"].between(-1, 1).all() and (table["rmse"] > 0).all()


def test_the_closed_forms_of_the_measured_curve_are_those_of_today(monkeypatch):
    monkeypatch.setattr("l1000_rnaseq.evaluate.learning_curve.CLOSED", ("mean", "ratio", "mean_variance"))
    again = learning_curve([1000], seeds=[0], networks=(), progress=False).set_index("method")
    stored = measured_curve().query("profiles == 1000 and seed == 0 and balanced").set_index("method")
    for metric in ("pcc", "centred_pcc", "rmse", "gene_pcc", "spread"):
        assert again[metric].to_dict() == pytest.approx(stored.loc[again.index, metric].to_dict(), abs=1e-3)


def test_every_variant_can_be_trained(monkeypatch):
    monkeypatch.setattr("l1000_rnaseq.evaluate.learning_curve.CLOSED", ())
    table = learning_curve([40], seeds=[0], networks=tuple(VARIANTS), epochs=1, progress=False)
    assert list(table["method"]) == list(VARIANTS) and table["rmse"].notna().all()


def test_the_table_has_the_median_and_the_range_of_the_seeds():
    curve = measured_curve().query("balanced and method in ['ratio', 'as_published, 5 times as long']")
    table = curve_table(curve)
    of_ratio = curve.query("method == 'ratio' and profiles == 1000")["centred_pcc"]
    middle, least, most = of_ratio.median(), of_ratio.min(), of_ratio.max()
    assert table.loc["ratio", "1,000"] == f"{middle:.2f} ({least:.2f} to {most:.2f})"
    assert table.loc["as_published, 5 times as long", "1,000"] == "0.47"  # one seed has no range
    assert table.loc["as_published, 5 times as long", "50,000"] == "–"
