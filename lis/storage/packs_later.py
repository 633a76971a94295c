"""Tables of a pack that the catalogue does not hold yet: only their columns and keys are checked.

Microbiology and blood bank. They travel with the pack, so that a version of it is whole.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO

from lis.storage.packs_reading import PackProblem

# file: (columns, how many of the first columns name a row)
LATER: dict[str, tuple[str, int]] = {
    "abo_compatibility.csv": (
        "recipient_abo,rbc_compatible,whole_blood,plasma_compatible,platelet_preferred",
        1,
    ),
    "abo_discrepancies.csv": ("code,name,pattern,resolution,profile_id", 1),
    "abo_patterns.csv": ("abo_rh,abo,rh,antia,antib,antid,rhctl,a1cell,bcell,us_frequency_pct,source", 1),
    "antibodies.csv": (
        "antibody,antigen,clinically_significant,phase,enzyme_effect,dosage,unit_search_note,comment",
        1,
    ),
    "antigen_frequencies.csv": (
        "antigen,freq_white,freq_black,system,clinically_significant,enzyme_effect,dosage,phase,note,source",
        1,
    ),
    "antigram.csv": ("cell,set,rh_phenotype,D,C,E,c,e,K,k,Fya,Fyb,Jka,Jkb,M,N,S,s,Lea,Leb,P1", 1),
    "antimicrobials.csv": ("code,name,class,loinc,loinc_name,mic_low_mg_l,mic_high_mg_l,note,source", 1),
    "ast_linkage.csv": ("organism,mechanism,lead_drug,linked_drug,p_r_if_lead_r,p_r_if_lead_s,source", 4),
    "ast_panels.csv": ("panel,organism_group,report_order,drug,report_rule", 4),
    "ast_screens.csv": (
        "code,organism_group,agent,mic_positive_gt_mg_l,disk,zone_positive_lt_mm,meaning,report_consequence,source",
        1,
    ),
    "breakpoints_eucast.csv": (
        "breakpoint_group,drug,route,condition,mic_s_le_mg_l,mic_r_gt_mg_l,atu_mg_l,disk_ug,zone_s_ge_mm,"
        "zone_r_lt_mm,bracketed,status,source",
        8,
    ),
    "control_levels.csv": ("test,means,source", 1),
    "culture_media.csv": ("code,name,selects,incubation,note", 1),
    "intrinsic_resistance.csv": ("organism,drug,note,source", 2),
    "mic_scale.csv": ("log2,nominal_mg_l,exact_mg_l,source", 1),
    "organism_mic_model.csv": (
        "organism,drug,wild_mode_mg_l,wild_sd_log2,resistant_fraction,resistant_mode_mg_l,source",
        2,
    ),
    "organisms.csv": (
        "code,name,gram_code,morphology,catalase,oxidase,coagulase,lactose,hemolysis,h2s,indole,urease,motility,"
        "colony,sources,breakpoint_group,resistance_note,source",
        1,
    ),
}


def check_later(files: Mapping[str, str], read: set[str]) -> Iterator[PackProblem]:
    """Columns and keys of the tables that nothing reads yet; a file that no table is called is a slip of the pen."""
    for file, text in files.items():
        if file in LATER:
            yield from _check(file, text, *LATER[file])
        elif file not in read:
            yield PackProblem(file, 0, "is no table of a content pack")


def _check(file: str, text: str, columns: str, key: int) -> Iterator[PackProblem]:
    reader = csv.reader(StringIO(text))
    head, seen = next(reader, []), set[tuple[str, ...]]()
    if ",".join(head) != columns:
        yield PackProblem(file, 1, f"columns are {','.join(head)} and should be {columns}")
        return
    for cells in reader:
        if len(cells) != len(head):
            yield PackProblem(file, reader.line_num, f"{len(cells)} cells where the head has {len(head)}")
        elif "source" in head and not cells[head.index("source")]:
            yield PackProblem(file, reader.line_num, "source is empty")
        if tuple(cells[:key]) in seen:
            yield PackProblem(file, reader.line_num, f"{' '.join(cells[:key])} is there twice")
        seen.add(tuple(cells[:key]))
