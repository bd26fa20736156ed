"""D-GEX (Chen et al. 2016): a network from landmarks to every other gene, and what it is compared with."""
