"""Observations are written down as they came, each with what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lis.domain.events import Verb
from lis.domain.observations import ReportedObservation, ReportedSpecimen
from lis.services.matching import Hold, Source
from lis.storage.work import Work

FILED, HELD, CONTROL, SUPPLEMENTAL, REPEATED = "filed", "held", "control", "supplemental", "repeated"


def hold_all(work: Work, source: Source, specimen: ReportedSpecimen, why: Hold) -> None:
    """Hold every observation of a specimen for the same reason; images and raw data are no results to be filed."""
    for observation in specimen.observations:
        if observation.supplemental:
            keep(work, source, specimen, observation, SUPPLEMENTAL)
        else:
            hold(work, source, specimen, observation, why, None)


def hold(
    work: Work,
    source: Source,
    specimen: ReportedSpecimen,
    observation: ReportedObservation,
    why: Hold,
    accession: str | None,
) -> None:
    """Keep an observation from every chart until a person settles it."""
    keep(work, source, specimen, observation, HELD, why=why)
    if observation.seq in source.again:
        return
    work.journal.append(
        Verb.OBSERVATION_HELD,
        f"observation:{source.inbound_id}/{observation.seq}",
        accession=accession,
        reason=why.code,
        detail=why.text,
        code=observation.code,
        container=specimen.container,
    )


def keep(
    work: Work,
    source: Source,
    specimen: ReportedSpecimen,
    observation: ReportedObservation,
    state: str,
    *,
    test: str = "",
    version: int | None = None,
    why: Hold | None = None,
) -> None:
    """Write an observation down as it came, with what became of it; one that is tried again has its row."""
    keep_all(work, source, specimen, [(observation, became(state, test, version, why))])


def became(state: str, test: str = "", version: int | None = None, why: Hold | None = None) -> dict[str, Any]:
    """The columns that say what became of an observation."""
    return {
        "state": state,
        "reason": why.code if why else "",
        "detail": why.text if why else "",
        "test": test,
        "result_version_id": version,
    }


def keep_all(
    work: Work,
    source: Source,
    specimen: ReportedSpecimen,
    observed: Iterable[tuple[ReportedObservation, dict[str, Any]]],
) -> None:
    """`keep`, for many of one specimen, each with what `became` of it."""
    common = {
        "inbound_id": source.inbound_id,
        "interface": source.interface,
        "analyzer": source.analyzer,
        "container_sent": specimen.container,
        "patient_sent": specimen.patient_id,
        "settled_by": "",
    }
    rows: list[dict[str, Any]] = []
    for observation, outcome in observed:
        if observation.seq in source.again:
            work.observations.change(source.again[observation.seq], **outcome)
            continue
        rows.append(
            {
                **common,
                "seq": observation.seq,
                "code_sent": observation.code,
                "name_sent": observation.name,
                "value_sent": observation.value,
                "unit_sent": observation.unit,
                "flags_sent": "~".join(observation.flags),
                "status_sent": observation.status,
                "observed_at": observation.observed_at,
                "extra": observation.extra,
                **outcome,
            }
        )
    work.observations.add_all(rows)
