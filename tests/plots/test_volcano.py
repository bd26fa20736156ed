"""The figures of the search: every point is a row, colours follow concordance, names cannot become markup."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq import plots
from l1000_rnaseq.plots.style import TEMPLATE
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.index import Index


@pytest.fixture(scope="module")
def signatures():
    return search(Index(), "HMOX1", "both", n=60)


def test_every_signature_is_one_point_in_its_own_colour(signatures):
    figure = plots.volcano(signatures, "HMOX1")
    assert figure.layout.template == TEMPLATE and figure.layout.xaxis.title.text == "log2 fold change"
    grey, up, down = figure.data
    assert len(grey.x) + len(up.x) + len(down.x) == signatures["sig_id"].nunique()
    assert len(grey.x) == (~signatures.drop_duplicates("sig_id")["concordant"]).sum()
    assert min(up.x) > 0 > max(down.x) and all(np.concatenate([up.y, down.y]) >= 0)
    assert (
        len({trace.marker.color for trace in figure.data}) == len({t.marker.symbol for t in figure.data}) == 3
    )
    best = signatures.loc[signatures["log2fc"].idxmax()]
    assert best["log2fc"] == pytest.approx(max(up.x), abs=1e-3)
    assert best["pert_iname"] in {row[0] for row in up.customdata}


def test_labels_are_few_and_plain_text(signatures):
    strange = signatures.assign(pert_iname="<img src=x onerror=alert(1)>")
    texts = [note.text for note in plots.volcano(strange, "t", labels=3).layout.annotations]
    assert 1 <= len(texts) <= 6 and all("<" not in text and "&lt;img" in text for text in texts)


def test_consensus_bars_show_the_first_row_on_top():
    columns = {"relative_rank": [0.9, -0.5], "groups": [3, 1], "p": [0.01, 0.4]}
    figure = plots.consensus_bars(pd.DataFrame(columns, index=["drug", "<b>"]), "t")
    (bars,) = figure.data
    assert list(bars.y) == ["&lt;b&gt;", "drug"] and list(bars.x) == [-0.5, 0.9]
    assert "n 3, p 0.01" in bars.text[1] and bars.marker.color[0] != bars.marker.color[1]
