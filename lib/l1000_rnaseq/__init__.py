"""L1000 landmark profiles in, RNA-seq-like whole-genome profiles out.

The rooms follow the way of the data: ``data`` → ``translate`` → (``signatures`` → ``search``);
``evaluate`` and ``plots`` serve the notebooks, ``cli`` stands on top.
"""

__version__ = "0.1.0"
