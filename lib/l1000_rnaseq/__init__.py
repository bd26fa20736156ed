"""L1000 landmark profiles in, RNA-seq-like whole-genome profiles out, searchable gene by gene.

>>> import l1000_rnaseq as lr
>>> found = lr.search("HMOX1")
>>> found["direction"].unique().tolist()
['up', 'down']

Each name below is imported when it is first used. The rooms follow the way of the data: ``data`` →
``translate`` → ``signatures`` → ``search``; ``stats`` is below them, ``evaluate``, ``plots``, ``app`` and
``cli`` are above. ``lr.search`` and ``lr.signatures`` are functions; of the rooms of the same name, import
what is inside: ``from l1000_rnaseq.search.consensus import consensus``.
"""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.2.0"

_HOMES = {
    "Bundle": "translate.bundle",
    "Index": "search.index",
    "load_model": "front_door",
    "match": "front_door",
    "read": "front_door",
    "search": "front_door",
    "signatures": "signatures.from_anndata",
    "simulate": "front_door",
    "transform": "translate.transform",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__


class _FrontDoor(ModuleType):
    """The package as a module whose functions are not hidden by rooms of the same name."""

    def __setattr__(self, name: str, value) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _FrontDoor
