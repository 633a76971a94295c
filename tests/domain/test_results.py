"""What a sent status asks for, given what is on the chart; what the order's report says."""

from __future__ import annotations

import pytest

from lis.domain.results import Standing, filing_for

FINAL, PRELIMINARY, NOTHING = Standing("F", "4.0"), Standing("P", "4.0"), Standing("X", "")
RERUN = Standing("F", "4.0", rerun=True)


@pytest.mark.parametrize(
    ("status", "text", "standing", "filing", "reason"),
    [
        ("F", "4.0", None, "file_final", ""),
        ("F", "4.1", PRELIMINARY, "file_final", ""),
        ("F", "4.0", FINAL, "repeated", ""),
        ("F", "4.1", FINAL, "hold", "result.second_value"),
        ("F", "4.1", RERUN, "file_final", ""),
        ("F", "4.0", RERUN, "file_final", ""),
        ("F", "4.0", NOTHING, "file_final", ""),
        ("V", "4.0", None, "hold", "status.no_earlier"),
        ("V", "4.0", PRELIMINARY, "confirm_earlier", ""),
        ("V", "4.1", PRELIMINARY, "file_final", ""),
        ("V", "4.1", FINAL, "hold", "result.second_value"),
        ("U", "", PRELIMINARY, "confirm_earlier", ""),
        ("U", "", FINAL, "repeated", ""),
        ("U", "", None, "hold", "status.no_earlier"),
        ("P", "4.0", None, "file_preliminary", ""),
        ("S", "4.0", PRELIMINARY, "file_preliminary", ""),
        ("P", "4.0", FINAL, "hold", "status.after_final"),
        ("R", "4.0", RERUN, "file_preliminary", ""),
        ("I", "", None, "not_a_result", ""),
        ("C", "4.1", FINAL, "file_correction", ""),
        ("A", "4.1", PRELIMINARY, "file_correction", ""),
        ("C", "4.1", None, "hold", "status.no_earlier"),
        ("C", "4.1", NOTHING, "hold", "status.no_earlier"),
        ("X", "", None, "no_value", ""),
        ("X", "", FINAL, "hold", "status.value_exists"),
        ("X", "", RERUN, "no_value", ""),
        ("D", "", FINAL, "withdraw", ""),
        ("W", "", PRELIMINARY, "withdraw", ""),
        ("W", "", None, "hold", "status.no_earlier"),
        ("N", "", FINAL, "not_a_result", ""),
        ("O", "", None, "not_a_result", ""),
        ("", "4.0", None, "hold", "status.empty"),
        ("Z", "4.0", None, "hold", "status.unknown"),
        ("FF", "4.0", None, "hold", "status.unknown"),
        ("VU", "4.0", PRELIMINARY, "hold", "status.unknown"),
    ],
)
def test_filing_by_status_and_chart(
    status: str, text: str, standing: Standing | None, filing: str, reason: str
) -> None:
    decision = filing_for(status, text, standing)
    assert (decision.filing, decision.reason_code) == (filing, reason)
