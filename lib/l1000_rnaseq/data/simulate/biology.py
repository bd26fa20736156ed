"""The biology of a simulated data folder: genes, cell types, perturbations and ageing, all known exactly.

Everything is in log2 abundance: one cell's state is ``mean + loadings @ latent + cell_specific + effects``.
The latent space is low-rank and shared by both platforms, so landmarks predict the genome.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from l1000_rnaseq.data.genes import cmap_genes, landmarks


def _table(text: str) -> dict[str, str]:
    """Read 'group: a, b; group: c' into {a: group, b: group, c: group}, in that order."""
    pairs = [part.split(": ") for part in " ".join(text.split()).split("; ")]
    return {name.strip(): group.strip() for group, names in pairs for name in names.split(",")}


PAIRED = ("A549", "HELA", "JURKAT", "PC3", "SKBR3", "T47D", "THP1", "U2OS", "HL60")
WELL_LINES = tuple("A375 A549 HA1E HCC515 HELA HEPG2 HL60 HT115 HT29 JURKAT MCF7 PC3".split())
WELL_LINES += tuple("SKBR3 T47D THP1 U2OS VCAP".split())
L1000_LINES = _table("""skin: A375, SKMEL28, SKMEL5, SKMEL1, SH4; lung: A549, HCC515, NCIH596, NCIH1573,
 NCIH2073, HCC827, NCIH838, DV90, SKLU1; kidney: HA1E, HEK293T; cervix: HELA; liver: HEPG2, HUH7, JHH5, JHH7;
 blood: HL60, JURKAT, THP1, NOMO1, U937, U266, PL21, SKM1, CD34; colon: HT115, HT29, HCT116, LOVO, SW480,
 SW620, RKO, CL34; breast: MCF7, SKBR3, T47D, BT20, HS578T, MCF10A, MDAMB231; prostate: PC3, VCAP, LNCAP,
 DU145; bone: U2OS, A673, SKES1; ovary: OV7, TYKNU, EFO27; brain: SHSY5Y, NPC, LN229; endometrium: SNGM,
 HEC108; stomach: AGS, MKN45; pancreas: YAPC""")
HPA_LINES = _table("""skin: A-431, HaCaT, SK-MEL-30, WM-115, BJ; blood: Daudi, HAP1, HDLM-2, HEL, HMC-1,
 Karpas-707, MOLT-4, NB-4, REH, RPMI-8226, U-698; colon: CACO-2; pancreas: CAPAN-2; ovary: EFO-21; brain:
 GAMG, AF22, U-87 MG, U-138 MG; lung: HBEC3-KT, SCLC-21H; liver: HHSteC; muscle: HSkMC, LHCN-M2, RH-30;
 breast: hTERT-HME1; kidney: RPTEC TERT1; testis: NTERA-2, SuSa; stomach: OE19; bladder: RT4; cervix: SiHa;
 bone: U-2197; adipose: ASC diff, ASC TERT1; placenta: BEWO; vessel: TIME, HUVEC TERT2""")
HPA_TISSUES = _table("""liver: liver; lung: lung; blood: B-cells, T-cells, monocytes, granulocytes; kidney:
 kidney; breast: breast; prostate: prostate; colon: colon; skin: skin; brain: cerebral cortex, cerebellum;
 muscle: skeletal muscle, heart muscle; ovary: ovary; testis: testis; stomach: stomach; pancreas: pancreas;
 bladder: urinary bladder""")
GTEX_TISSUES = {"Muscle - Skeletal": "muscle", "Whole Blood": "blood", "Lung": "lung", "Liver": "liver"}
MOAS = _table("""Glucocorticoid receptor agonist: dexamethasone, budesonide; HDAC inhibitor: vorinostat,
 trichostatin-a, entinostat; MTOR inhibitor: sirolimus, torin-2; PI3K inhibitor: wortmannin, LY-294002; HSP
 inhibitor: geldanamycin, tanespimycin, radicicol; EGFR inhibitor: erlotinib, gefitinib, afatinib; MEK
 inhibitor: selumetinib, trametinib; Topoisomerase inhibitor: doxorubicin, camptothecin, etoposide; Proteasome
 inhibitor: bortezomib, MG-132; Tubulin inhibitor: vincristine, paclitaxel; CDK inhibitor: alvocidib,
 dinaciclib; HMGCR inhibitor: simvastatin, lovastatin; NFkB pathway inhibitor: parthenolide""")
KNOCKOUTS = tuple("TP53 MYC STAT3 EGFR CDK4 HIF1A AKT1 XBP1 RELB SMAD3".split())
NR3C1_RESPONSE = {
    "up": "TSC22D3 FKBP5 PER1 DUSP1 KLF9 ZBTB16 SGK1 CEBPD NFKBIA MT2A MT1X GADD45B CRISPLD2 BIRC3 ALOX15B "
    "ANGPTL4 PDK4 TFCP2L1 ZFP36 CDKN1C SPARCL1 KCTD12 SERPINE1".split(),
    "down": "IL6 CXCL8 IL1B CCL2 MMP1 PTGS2 IL11 VCAM1 NR3C1".split(),
}
DOSES = (0.08, 0.4, 2.0, 10.0)


@dataclass(frozen=True)
class Compound:
    """One drug: effect (G,) in log2 at saturation, reached along a Hill curve (ec50 in uM)."""

    name: str
    pert_id: str
    moa: str
    ec50: float
    hill: float
    effect: np.ndarray

    def at(self, dose: float) -> np.ndarray:
        """Effect (G,) in log2 at `dose` uM."""
        return self.effect * dose**self.hill / (self.ec50**self.hill + dose**self.hill)


@dataclass(frozen=True)
class Knockout:
    """One gene's shRNAs and CRISPR guide: downstream effect (G,) in log2, and how far its own gene falls."""

    gene: str
    hairpins: tuple[str, str]
    log2_drop: float
    effect: np.ndarray


@dataclass(frozen=True)
class World:
    """All that is true of one simulated folder; log2 abundance, G genes, K latent dimensions.

    Attributes
    ----------
    genes : DataFrame (G), index = L1000 symbol; entrez, ensembl, title, new_symbol, kind
        kind is landmark, inferred (CMap has it too) or other (not in CMap; made-up symbol and ids).
    mean : (G,), loadings : (G, K)
    latent : lineage or cell name → (K,)
    cell_specific : cell name → (G,), deviations that no other gene predicts
    compounds : name → Compound, knockouts : gene → Knockout
    ageing : DataFrame, GTEx tissues × G, log2 per decade
    """

    genes: pd.DataFrame
    mean: np.ndarray
    loadings: np.ndarray
    latent: dict[str, np.ndarray]
    cell_specific: dict[str, np.ndarray]
    compounds: dict[str, Compound]
    knockouts: dict[str, Knockout]
    ageing: pd.DataFrame

    @cached_property
    def is_landmark(self) -> np.ndarray:
        """Mask (G,) of the 978 landmarks; they come first."""
        return (self.genes["kind"] == "landmark").to_numpy()

    def state(self, cell: str) -> np.ndarray:
        """Log2 abundance (G,) of an untreated cell line or a tissue."""
        return self.mean + self.loadings @ self.latent[cell] + self.cell_specific[cell]

    def scatter(self, cell: str, n: int, spread: float, rng: np.random.Generator) -> np.ndarray:
        """Log2 abundance (n, G) of `n` samples whose latent state varies with sd `spread` about a cell's."""
        moved = rng.normal(0, spread, (n, self.loadings.shape[1])) @ self.loadings.T
        return self.state(cell) + moved + rng.normal(0, 0.15, (n, len(self.mean)))


def log2_cpm(abundance: np.ndarray) -> np.ndarray:
    """Turn log2 abundance (…, G) into true expression, log2(CPM+1)."""
    linear = np.exp2(abundance)
    return np.log2(1 + 1e6 * linear / linear.sum(axis=-1, keepdims=True))


def make_genes(n_further: int, rng: np.random.Generator) -> pd.DataFrame:
    """The 978 landmarks and `n_further` genes (7 in 10 of them in CMap), with ids and today's symbols."""
    cmap, marks = cmap_genes(), landmarks()
    inferable = cmap.index.difference(marks.index, sort=False)
    wanted = [s for s in NR3C1_RESPONSE["up"] + NR3C1_RESPONSE["down"] if s in inferable][:n_further]
    pool = inferable.difference(wanted, sort=False).to_numpy()
    n_inferred = max(len(wanted), min(round(0.7 * n_further), len(inferable)))
    inferred = wanted + sorted(rng.choice(pool, n_inferred - len(wanted), replace=False))
    other = [f"LINC{90000 + i}" for i in range(n_further - n_inferred)]
    genes = cmap.reindex([*marks.index, *inferred, *other])
    made_up = pd.Series([f"ENSG{900000 + i:011d}" for i in range(len(genes))], index=genes.index)
    genes["ensembl"] = genes["ensembl"].fillna("").where(lambda ids: ids != "", made_up)
    genes["entrez"] = genes["entrez"].fillna(0).astype(int)
    genes["title"] = marks["title"].reindex(genes.index).fillna("-666")
    aliases = genes["aliases"].fillna("").str.split("|").str[0]
    genes["new_symbol"] = aliases.where((aliases != "") & ~aliases.duplicated(), genes.index.to_series())
    genes["kind"] = ["landmark"] * len(marks) + ["inferred"] * len(inferred) + ["other"] * len(other)
    genes["is_bing"] = genes["is_bing"].fillna(0).astype(int)
    return genes.drop(columns=["aliases", "is_landmark", "hgnc"]).rename_axis("symbol")


def _effect(n_genes: int, rng, up=(), down=(), size=(1.0, 2.5)) -> np.ndarray:
    effect = np.zeros(n_genes)
    effect[list(up)] = rng.uniform(*size, len(up))
    effect[list(down)] = -rng.uniform(*size, len(down))
    return effect


def _compounds(genes: pd.DataFrame, rng: np.random.Generator) -> dict[str, Compound]:
    """Compounds of one mechanism share most of their programme; the glucocorticoids share NR3C1's."""
    n, position = len(genes), {symbol: i for i, symbol in enumerate(genes.index)}
    programmes, compounds = {}, {}
    for name, moa in MOAS.items():
        if moa not in programmes:
            picked = rng.choice(n, max(60, n // 25), replace=False)
            up, down = picked[::2], picked[1::2]
            if moa.startswith("Glucocorticoid"):
                targets = {
                    k: [position[s] for s in symbols if s in position]
                    for k, symbols in NR3C1_RESPONSE.items()
                }
                free = [i for i in picked if i not in targets["up"] + targets["down"]]
                up, down = targets["up"] + free[: len(free) // 2], targets["down"] + free[-len(free) // 8 :]
            programmes[moa] = _effect(n, rng, up, down)
        number = rng.integers(10**7, 10**8)
        compound_specific = np.zeros(n)
        if name != "dexamethasone":
            compound_specific = _effect(n, rng, rng.choice(n, 10, replace=False))
        shape = rng.uniform(0.2, 1.5), rng.uniform(0.8, 1.6)
        compounds[name] = Compound(name, f"BRD-K{number}", moa, *shape, programmes[moa] + compound_specific)
    return compounds


def _knockouts(genes: pd.DataFrame, rng: np.random.Generator) -> dict[str, Knockout]:
    knockouts = {}
    for gene in KNOCKOUTS:
        row = genes.index.get_loc(gene)
        picked = rng.choice(np.delete(np.arange(len(genes)), row), max(30, len(genes) // 60), replace=False)
        effect = _effect(len(genes), rng, picked[::3], np.r_[picked[1::3], picked[2::3]], (0.6, 1.5))
        first = int(rng.integers(10**5, 10**6))
        hairpins = f"TRCN{first:010d}", f"TRCN{first + 1:010d}"
        knockouts[gene] = Knockout(gene, hairpins, float(rng.uniform(1.8, 3.0)), effect)
    return knockouts


def make_world(further: int, latent: int, rng: np.random.Generator) -> World:
    """Draw all that is true of one folder: `further` genes beside the landmarks, `latent` dimensions."""
    genes = make_genes(further, rng)
    n = len(genes)
    is_landmark = (genes["kind"] == "landmark").to_numpy()
    mean = np.where(is_landmark, rng.normal(6.5, 1.6, n), np.clip(rng.normal(5, 2.5, n), -1, 12))
    mean[genes.index.get_indexer(KNOCKOUTS)] = rng.uniform(7, 8.5, len(KNOCKOUTS))
    mean[genes.index.get_indexer(["TSC22D3"])] = 6.5
    loadings = rng.normal(0, 1.3 / np.sqrt(latent), (n, latent)) * rng.gamma(4, 0.25, (n, 1))
    lineage_of_line = {**L1000_LINES, **HPA_LINES}
    cells = (
        lineage_of_line
        | HPA_TISSUES
        | GTEX_TISSUES
        | {"airway smooth muscle": "muscle", "leukocytes": "blood"}
    )
    cells |= {lineage: lineage for lineage in dict.fromkeys(cells.values())}
    state, cell_specific = {}, {}
    lineages = {lineage: rng.normal(0, 0.75, latent) for lineage in dict.fromkeys(cells.values())}
    tissue_shift = rng.normal(0, 0.5, latent)
    for cell, lineage in cells.items():
        shift = 0 if cell in lineage_of_line else tissue_shift
        state[cell] = (
            lineages[lineage] + shift + rng.normal(0, 0.6 if cell in lineage_of_line else 0.3, latent)
        )
        cell_specific[cell] = rng.normal(0, 0.3, n)
    compounds = _compounds(genes, rng)
    free = np.flatnonzero(compounds["dexamethasone"].effect == 0)
    shared = rng.choice(free, max(40, n // 50), replace=False)
    ageing = pd.DataFrame(0.0, index=list(GTEX_TISSUES), columns=genes.index)
    ageing.iloc[:, shared] = _effect(n, rng, shared[::2], shared[1::2], (0.25, 0.5))[shared]
    for tissue in GTEX_TISSUES:
        only = rng.choice(np.setdiff1d(free, shared), max(10, n // 200), replace=False)
        ageing.loc[tissue, genes.index[only]] = _effect(n, rng, only[::2], only[1::2], (0.25, 0.5))[only]
    return World(genes, mean, loadings, state, cell_specific, compounds, _knockouts(genes, rng), ageing)
