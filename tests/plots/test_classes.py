"""Figures of classes: what is drawn is what the tables hold; labels do not collide; names are no markup."""

import numpy as np
import pandas as pd
from l1000_rnaseq import plots
from l1000_rnaseq.plots.style import free_labels

STUDIES = pd.DataFrame(
    {"r": [0.3, 0.2], "low": [0.2, 0.1], "high": [0.4, 0.3], "random classes": 0.05, "ceiling": [0.5, 0.4]},
    index=pd.MultiIndex.from_tuples([("A549", "beyond"), ("A549", "new")], names=["study", "genes"]),
)


def test_class_correlations_draw_chance_and_ceiling_beside_the_class():
    figure = plots.class_correlations(STUDIES, "Above chance")
    drawn = {trace.name.split(",")[0].split(":")[0]: list(trace.x) for trace in figure.data}
    assert drawn["the class"] == [0.3, 0.2] and drawn["ceiling"] == [0.5, 0.4]
    assert list(figure.data[0].error_x.array) == [0.4 - 0.3, 0.3 - 0.2]
    assert figure.layout.template == plots.TEMPLATE and figure.layout.xaxis.title.text


def test_a_confusion_matrix_writes_shares_that_can_be_read():
    shares = pd.DataFrame([[0.9, 0.08, 0.02]], ["a"], ["a", "b", "another class"])
    (cells,) = plots.confusion_matrix(shares, "Mostly right").data
    assert cells.text[0].tolist() == ["0.90", "0.08", ""] and cells.z[0].tolist() == [0.9, 0.08, 0.02]


def test_names_are_written_where_they_do_not_collide():
    table = pd.DataFrame({"x": [1.0, 1, 10, 20], "y": [0.5, 0.501, 0.9, 0.1]}, ["a", "b", "<b>c", "d"])
    figure = plots.named_scatter(table, "x", "y", "Title", "samples", "share")
    written = [note.text for note in figure.layout.annotations]
    assert "&lt;b&gt;c" in written and len(set("ab") & set(written)) == 1
    assert sorted(figure.data[0].y) == sorted(table["y"])


def test_free_labels_are_apart_and_in_order():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(2, 200))
    chosen = free_labels(x, y, 15, 0.2, 0.05)
    assert chosen[0] == 0 and chosen == sorted(chosen) and len(chosen) == 15
    for a in chosen:
        assert all(abs(x[a] - x[b]) > 0.2 or abs(y[a] - y[b]) > 0.05 for b in chosen if b != a)
    skipped = set(range(chosen[-1])) - set(chosen)
    for a in skipped:
        earlier = [b for b in chosen if b < a]
        assert any(abs(x[a] - x[b]) <= 0.2 and abs(y[a] - y[b]) <= 0.05 for b in earlier)


def test_bridge_takes_colours_of_its_own():
    walks = {"p": {"drug": np.array([0.1, 0.2, 0.0])}}
    figure = plots.bridge(walks, "Walk", colours=("#123456",))
    assert figure.data[0].line.color == "#123456"
