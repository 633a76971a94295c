"""A content pack of any width for measuring: tests T001, T002 …, each with every kind of rule that content can have.

Numbers are made up and mean nothing. `REFERENCES_ONLY` has intervals and no other rule, so that filing itself shows.
"""

from __future__ import annotations

from collections.abc import Iterable

from lis.domain.people import Act

WIDEST = 149  # observations in the longest message that analyzers are known to send
PANELS = (1, 10, 50, WIDEST)
USUAL_WIDTH = 10
ANALYZER, HOSPITAL, CONTAINER, UNIT = "BENCH-1", "HIS", "TUBE", "mmol/L"
LEVELS = ((1, 5.0), (2, 9.0))
BEFORE = "5.1"  # what every patient had
# Within the interval, and not too far from that.
VALUES = tuple(f"{tenths / 10:.1f}" for tenths in range(36, 71))

WHOLE, REFERENCES_ONLY = "whole", "references only"


def code(number: int) -> str:
    return f"T{number:03d}"


def sent_code(number: int) -> str:
    """What the analyzer calls a test."""
    return f"{1000 + number}"


def panel(width: int) -> str:
    """What is ordered to have so many tests."""
    return f"P{width:03d}"


def pack(kind: str = WHOLE) -> dict[str, str]:
    """The files of the pack."""
    numbers = range(1, WIDEST + 1)
    files = {**_base(), **_tests(numbers), **_panels(), **_bench(numbers), **_rules(numbers)}
    return {**files, **_no_rules(numbers)} if kind == REFERENCES_ONLY else files


def _csv(header: str, lines: Iterable[str] = ()) -> str:
    return "\n".join((header, *lines)) + "\n"


def _base() -> dict[str, str]:
    return {
        "pack.yaml": _PACK,
        "peers.yaml": _PEERS,
        "texts.yaml": "report.disclaimer: Made for measuring.\ncritical.read_back: Read back.\n",
        "roles.csv": _csv(
            "act,meaning,processor,technician,technologist,supervisor,lis_admin",
            (f"{act},{act},Y,Y,Y,Y,Y" for act in Act),
        ),
        "containers.csv": _csv(
            _CONTAINERS, [f"{CONTAINER},Tube,gold,gel,SST,SER,5,1,3,5,30,Y,1200,10,CHEM,,made"]
        ),
        "specimen_types.csv": _csv(
            "code,in_hl70487,local_name,category,departments,default_container,transport_temp,max_transport_h,irreplaceable,note,source",
            [f"SER,Y,Serum,blood,CHEM,{CONTAINER},RT,96,N,,made"],
        ),
        "units.csv": _csv(
            "ucum,text,synonyms,factor,dimension,note,source", [f"{UNIT},{UNIT},mmol/l,1e-3,substance,,made"]
        ),
        "constants.csv": _csv("code,value,unit,meaning,source"),
        "value_sets.csv": _csv("value_set,seq,code,display,abnormal_flag,numeric_equivalent,source"),
        "rejection_reasons.csv": _csv(
            "code,hl70490,reason,applies_to,detected_by,action,recollect,exception,notify,findings",
            ["RJ01,RM,Unlabeled specimen,all,accessioning,Reject,Y,,unit,"],
        ),
        "formulas.csv": _csv("id,output,inputs,expression,validity,valid_when,source"),
        "formula_checks.csv": _csv("formula,inputs,expected,tolerance,source"),
        "hil_effects.csv": _csv(
            "analyte,interferent,index_unit,effect_type,per_100_units,threshold_index,direction,source"
        ),
    }


def _tests(numbers: Iterable[int]) -> dict[str, str]:
    listed = list(numbers)
    return {
        "tests.csv": _csv(
            _TESTS,
            (
                f"{code(n)},Test {n},CHEM,BENCH,,,,{UNIT},1,0.1,SER,{CONTAINER},NM,"
                ",,0.5,50,2,,1,normal,96,336,,Method,Y,,made"
                for n in listed
            ),
        ),
        "reference_intervals.csv": _csv(
            "analyte,sex,age_low_days,age_high_days,low,high,text,unit,condition,source",
            (f"{code(n)},A,0,43800,3.5,7.5,,{UNIT},,made" for n in listed),
        ),
    }


def _panels() -> dict[str, str]:
    lines = [(width, n) for width in PANELS for n in range(1, width + 1)]
    return {
        "orderables.csv": _csv(
            _ORDERABLES,
            (
                f"{panel(width)},Panel of {width},CHEM,,,SER,{CONTAINER},1,45,90,{width},,made"
                for width in PANELS
            ),
        ),
        "panels.csv": _csv(
            "panel_code,seq,analyte_code,required", (f"{panel(width)},{n},{code(n)},Y" for width, n in lines)
        ),
    }


def _bench(numbers: Iterable[int]) -> dict[str, str]:
    listed = list(numbers)
    menu = "".join(f"      - {{test: {code(n)}, code: '{sent_code(n)}', unit: {UNIT}}}\n" for n in listed)
    return {
        "analyzers.yaml": _ANALYZER + menu,
        "control_targets.csv": _csv(
            "analyzer,test,material,lot,level,mean,sd,unit,expires_on,source",
            (
                f"{ANALYZER},{code(n)},CTL,LOT{level},{level},{mean},0.2,{UNIT},2099-12-31,made"
                for n in listed
                for level, mean in LEVELS
            ),
        ),
    }


def _rules(numbers: Iterable[int]) -> dict[str, str]:
    listed = list(numbers)
    return {
        "critical_values.csv": _csv(
            _CRITICALS, (f"{code(n)},0,43800,1.0,20.0,,,{UNIT},made" for n in listed)
        ),
        "delta_limits.csv": _csv(_DELTAS, (f"{code(n)},72,2.0,,ABS,{UNIT},patient,made" for n in listed)),
        "autoverification.csv": _csv(_REVIEW, (f"{code(n)},0,3.0,8.0,,,,Y,{UNIT},made" for n in listed)),
        "consistency_rules.csv": _csv(
            _CONSISTENCY,
            (f"C{n:03d},abs({code(n)}-{code(n + 1)})<=5,CHEM,hold,Clue,Look,N,made" for n in listed[:-1:5]),
        ),
    }


def _no_rules(numbers: Iterable[int]) -> dict[str, str]:
    """No limits but the intervals; and nothing is so far out that a person would have to look."""
    return {
        "critical_values.csv": _csv(_CRITICALS),
        "delta_limits.csv": _csv(_DELTAS),
        "autoverification.csv": _csv(_REVIEW, (f"{code(n)},0,0.5,50,,,,N,{UNIT},made" for n in numbers)),
        "consistency_rules.csv": _csv(_CONSISTENCY),
    }


_TESTS = (
    "code,name,department,section,loinc,loinc_long_name,loinc_verified_in,ucum,decimals,resolution,specimen_hl70487,"
    "container,result_type,value_set,calc_formula,amr_low,amr_high,cv_pct,clia2025_tea_pct,clia2025_tea_abs,"
    "distribution,stability_rt_h,stability_4c_h,hil_sensitive,method,orderable,note,source"
)
_CONTAINERS = (
    "code,name,cap_color,additive,hl70371_additive,specimen_hl70487,draw_volume_ml,min_volume_ml,order_of_draw,"
    "inversions,clot_time_min,centrifuge,rcf_g,spin_min,departments,note,source"
)
_ORDERABLES = (
    "panel_code,name,department,loinc,loinc_name,specimen_hl70487,container,min_volume_ml,tat_stat_min,"
    "tat_routine_min,n_analytes,reflex_or_note,source"
)
_CRITICALS = "analyte,age_low_days,age_high_days,low,high,codes,text_rule,unit,source"
_DELTAS = "analyte,window_hours,abs_limit,pct_limit,logic,unit,purpose,source"
_REVIEW = "analyte,min_age_days,av_low,av_high,h_max,i_max,l_max,delta_required,unit,source"
_CONSISTENCY = "rule_id,rule,scope,severity,clue,action,manual,source"
_PACK = """name: bench
version: "1"
title: Pack for measuring
zone: America/Chicago
environment: T
laboratory: {name: Measured Laboratory, address: [1 Test Street], phone: 555-0100}
indices: {}
roles:
  {processor: Processor, technician: Technician, technologist: Technologist, supervisor: Supervisor, lis_admin: Admin}
"""
_PEERS = f"""peers:
  - code: {HOSPITAL}
    kind: hospital
    name: Hospital
    application: {HOSPITAL}
    facility: HOSP
    host: 127.0.0.1
    zone: America/Chicago
    charset: UTF-8
"""
_ANALYZER = f"""analyzers:
  - code: {ANALYZER}
    name: Measured analyzer
    model: M-1
    department: CHEM
    profile: generic-oru
    host: 127.0.0.1
    reports_indices: false
    menu:
"""
