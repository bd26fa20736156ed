"""The field's file formats: GCTX, GCT, h5ad, tables, ARCHS4 and GTEx, each read in slabs."""
