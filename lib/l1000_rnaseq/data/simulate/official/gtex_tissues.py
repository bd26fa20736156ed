"""The 54 tissues of GTEx v8 and v10 (SMTSD), their organs (SMTS), and what each is like in the simulation."""

_TISSUES = """Adipose Tissue: Adipose - Subcutaneous=adipose, Adipose - Visceral (Omentum)=adipose
Adrenal Gland: Adrenal Gland=kidney
Bladder: Bladder=bladder
Blood: Whole Blood=blood, Cells - EBV-transformed lymphocytes=blood
Blood Vessel: Artery - Aorta=vessel, Artery - Coronary=vessel, Artery - Tibial=vessel
Brain: Brain - Amygdala=brain, Brain - Anterior cingulate cortex (BA24)=brain
Brain: Brain - Caudate (basal ganglia)=brain, Brain - Cerebellar Hemisphere=brain
Brain: Brain - Cerebellum=brain, Brain - Cortex=brain, Brain - Frontal Cortex (BA9)=brain
Brain: Brain - Hippocampus=brain, Brain - Hypothalamus=brain
Brain: Brain - Nucleus accumbens (basal ganglia)=brain, Brain - Putamen (basal ganglia)=brain
Brain: Brain - Spinal cord (cervical c-1)=brain, Brain - Substantia nigra=brain
Breast: Breast - Mammary Tissue=breast
Cervix Uteri: Cervix - Ectocervix=cervix, Cervix - Endocervix=cervix
Colon: Colon - Sigmoid=colon, Colon - Transverse=colon
Esophagus: Esophagus - Gastroesophageal Junction=stomach, Esophagus - Mucosa=stomach
Esophagus: Esophagus - Muscularis=muscle
Fallopian Tube: Fallopian Tube=ovary
Heart: Heart - Atrial Appendage=muscle, Heart - Left Ventricle=muscle
Kidney: Kidney - Cortex=kidney, Kidney - Medulla=kidney
Liver: Liver=liver
Lung: Lung=lung
Muscle: Muscle - Skeletal=muscle
Nerve: Nerve - Tibial=brain
Ovary: Ovary=ovary
Pancreas: Pancreas=pancreas
Pituitary: Pituitary=brain
Prostate: Prostate=prostate
Salivary Gland: Minor Salivary Gland=pancreas
Skin: Cells - Cultured fibroblasts=skin, Skin - Not Sun Exposed (Suprapubic)=skin
Skin: Skin - Sun Exposed (Lower leg)=skin
Small Intestine: Small Intestine - Terminal Ileum=colon
Spleen: Spleen=blood
Stomach: Stomach=stomach
Testis: Testis=testis
Thyroid: Thyroid=kidney
Uterus: Uterus=endometrium
Vagina: Vagina=cervix"""
_PARTS = [
    (organ, *part.strip().split("="))
    for line in _TISSUES.splitlines()
    for organ, parts in [line.split(": ", 1)]
    for part in parts.split(",")
]
ORGANS = {tissue: organ for organ, tissue, _ in _PARTS}
"""SMTSD → SMTS."""
TISSUES = {tissue: lineage for _, tissue, lineage in _PARTS}
"""SMTSD → lineage of the simulated world."""
