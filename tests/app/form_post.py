"""Post the form of a server under test, as its page does."""

import json
import urllib.parse
import urllib.request

FIELDS = dict.fromkeys(("compare", "min_dose", "max_dose", "perturbagen"), "")
FIELDS |= {"type": "any", "cell": "any", "time": "any", "direction": "both", "ranking": "log2 fold change"}
FIELDS |= {"number": "20", "min_abs_log2fc": "0", "min_abs_cd": "0", "concordant": "false"}


def read(request) -> str:
    """Return what an address or request answers."""
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def post(address: str, **fields) -> str:
    """Submit the form; return the name of the run."""
    body = urllib.parse.urlencode({**FIELDS, **fields}).encode()
    request = urllib.request.Request(address + "/", body, {"Accept": "application/json"})
    return json.loads(read(request))["_id"]
