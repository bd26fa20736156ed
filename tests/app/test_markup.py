"""Nothing of a user or an index can end the script that carries it, or begin another one."""

import json
import re

from l1000_rnaseq.app.markup import as_script, document, page, plotly

EVIL = "</script><img src=x onerror=alert(1)><!-- \u2028"


def test_json_in_a_script_has_no_markup_and_is_the_same_json():
    text = as_script({EVIL: [EVIL, 1.5, None]})
    assert "<" not in text and "\u2028" not in text and json.loads(text) == {EVIL: [EVIL, 1.5, None]}


def test_a_page_has_the_card_once_and_no_markup_of_it():
    for html in (page({"problem": EVIL}), document({"problem": EVIL})):
        assert "<img" not in html and html.count('"problem":') == 1
    assert document({"gene": {"symbol": EVIL}}).count("<img") == 0


def test_nothing_is_fetched_from_elsewhere():
    html = document({"problem": "x"})
    own = html.replace(str(plotly()), "")
    assert not re.search(r"""(src|href)=["']https?:""", own) and "@import" not in own
