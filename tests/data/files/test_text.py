"""Text files as they are opened."""

import gzip

import pytest
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.gene_lists import read_genes


@pytest.mark.parametrize("cut", [12, 40, -9])
@pytest.mark.parametrize("read", [read_genes, read_metadata, open_profiles])
def test_a_gzip_file_that_is_cut_off_is_refused_in_a_sentence(tmp_path, read, cut):
    rows = "".join(f"{number}\tG{number}\t{number * 7919 % 97}\n" for number in range(999))
    whole = gzip.compress(f"#1.2\n999\t1\nName\tDescription\tw\n{rows}".encode())
    path = tmp_path / ("a.gct.gz" if read is open_profiles else "a.txt.gz")
    path.write_bytes(whole[:cut])
    with pytest.raises(ValueError, match="a.*gz is not a whole gzip file: .*Copy or download it again"):
        read(path)
