"""The figures of the ageing case study: what is drawn is what the tables hold, names cannot become markup."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq import plots
from l1000_rnaseq.plots import aging
from l1000_rnaseq.plots.style import TEMPLATE

RNG = np.random.default_rng(0)
INFO = pd.DataFrame(
    {
        "SMTS": ["Lung", "Lung", "Lung", "Eye"],
        "AGE": ["20-29", "20-29", "60-69", "60-69"],
        "SUBJID": list("aabb"),
    }
)
GENES = pd.DataFrame(
    {"log2fc": RNG.normal(size=4000), "p": RNG.uniform(size=4000), "cd": RNG.normal(size=4000)},
    index=[f"G{i}" for i in range(4000)],
).assign(fdr=lambda t: np.where(t.index.isin([f"G{i}" for i in range(30)]), 0.01, 0.5))
FREQUENT = pd.DataFrame(
    {
        "direction": ["up"] * 3 + ["down"] * 2,
        "gene": list("abcde"),
        "count": [9, 7, 7, 8, 2],
        "chance": [1, 2, 1, 1, 1.5],
    }
)
CURVE = pd.DataFrame(
    [(way, k, 10 // k, 4 / k, 0, 8 / k, 0.1) for way in ("up", "down") for k in (1, 2, 3)],
    columns=["direction", "k", "genes", "chance", "low", "high", "p"],
)
MATCHED = pd.DataFrame(
    {
        "pert_iname": ["<b>drug", "b", "c", "d"],
        "cosine": [-0.5, -0.1, 0.1, 0.4],
        "connectivity": [-0.6, 0, 0, 0.5],
        "cosine_p_family": [0.01, 0.9, 0.9, 0.02],
    }
)
FIGURES = {
    "samples": lambda: plots.samples_heatmap(INFO, "Few eyes"),
    "volcano": lambda: plots.comparison_volcano(GENES, "Thirty genes"),
    "bars": lambda: plots.frequent_bars(FREQUENT, "Some come back"),
    "curves": lambda: plots.count_curves(CURVE, "More than chance"),
    "reversal": lambda: plots.reversal_scatter(MATCHED, "One drug"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_template_title_and_axis_titles(name):
    figure = FIGURES[name]()
    assert figure.layout.template == TEMPLATE and figure.layout.title.text
    assert figure.layout.xaxis.title.text and (figure.layout.yaxis.title.text or name == "bars")
    assert len(figure.to_json()) < 200_000


def test_the_heat_map_counts_donors_or_samples():
    donors, samples = (
        plots.samples_heatmap(INFO, "t", counted=counted).data[0] for counted in ("SUBJID", "")
    )
    assert list(donors.y) == ["Eye", "Lung"] and list(donors.x) == ["20-29", "60-69"]
    assert donors.customdata.tolist() == [[0, 1], [1, 1]]
    assert samples.customdata.tolist() == [[0, 1], [2, 1]]
    notes = plots.samples_heatmap(INFO, "t", counted="", least=2).layout.annotations
    assert [note.font.color == "#C0392B" for note in notes if note.text == "2"] == [False]
    assert all(note.font.color == "#C0392B" for note in notes if note.text in "01")


def test_the_volcano_draws_every_gene_found_and_some_others():
    grey, up, down = plots.comparison_volcano(GENES, "t", labels=3).data
    assert len(up.x) + len(down.x) == 30 and min(up.x) > 0 >= max(down.x)
    assert len(grey.x) == aging.MAX_POINTS and "3,970" in grey.name
    gene = up.text[0]
    assert up.y[0] == pytest.approx(-np.log10(GENES.loc[gene, "p"]), abs=1e-3)
    notes = plots.comparison_volcano(GENES, "t", labels=3).layout.annotations
    rising = GENES[GENES["log2fc"] > 0]["cd"].abs().nlargest(3).index
    assert len(notes) == 6 and {note.text for note in notes[:3]} == set(rising)


def test_bars_show_the_first_gene_on_top_with_its_chance():
    figure = plots.frequent_bars(FREQUENT, "t", n=2)
    bars, points = figure.data[:2]
    assert list(bars.y) == ["b", "a"] and list(bars.x) == [7, 9] and list(points.x) == [2, 1]
    assert len(plots.frequent_bars(FREQUENT.assign(chance=np.nan), "t").data) == 2


def test_curves_and_scatter_show_the_tables():
    lines = {trace.name: trace for trace in plots.count_curves(CURVE, "t").data}
    assert list(lines["counted, up"].y) == [10, 5, 3]
    assert list(lines["permuted ages"].y) == pytest.approx([4, 2, 4 / 3])
    grey, reverses, mimics = plots.reversal_scatter(MATCHED, "t").data
    assert list(reverses.x) == [-0.5] and list(mimics.x) == [0.4] and len(grey.x) == 2
    notes = plots.reversal_scatter(MATCHED, "t", labels=1).layout.annotations
    assert [note.text for note in notes] == ["&lt;b&gt;drug", "d"]
