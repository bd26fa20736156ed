"""The gene-centric reverse search: an index of signatures, and the questions it answers."""
