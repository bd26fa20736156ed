"""What the server tells its notebooks: the index and the time they have; nothing of it is left behind."""

import os
import subprocess
import sys
from pathlib import Path

from l1000_rnaseq.app.environment import environment, index_path


def test_the_variables_are_set_for_a_while(monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "png")
    monkeypatch.delenv("L1000_RNASEQ_INDEX", raising=False)
    before = dict(os.environ)
    with environment(Path("a.h5"), 5, PLOTLY_RENDERER="notebook"):
        assert index_path() == str(Path("a.h5").resolve())
        assert os.environ["L1000_RNASEQ_RUN_SECONDS"] == "5" and os.environ["PLOTLY_RENDERER"] == "notebook"
        with environment(None):
            assert index_path() == str(Path("a.h5").resolve())
    assert dict(os.environ) == before and index_path() is None


def test_a_run_that_never_ends_is_stopped():
    code = "from l1000_rnaseq.app.environment import limit_time; limit_time()\nwhile True: pass"
    environment = {**os.environ, "L1000_RNASEQ_RUN_SECONDS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0 and "Timeout" in done.stderr
