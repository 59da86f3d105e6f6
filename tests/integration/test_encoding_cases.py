"""The development cases, encoded from their truth: the shared scorer must find next to nothing wrong.

It judges axes, order of slices and geometry of the Segmentation, and the fields of ``findings.json``.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from node.dicom.objects.source import read_source
from node.service.study.encode import encode
from node.service.study.parameters import Parameters
from tests.fakes.cases import CASES, load_case

SCORER = CASES.parent / "score.py"
pytestmark = [pytest.mark.cases, pytest.mark.skipif(not SCORER.exists(), reason="the development cases are not here")]


def scored(name: str, out: Path) -> dict[str, Any]:
    """Figures of the scorer for the perfect result of a case."""
    case = load_case(name)
    source = read_source(case.stacks.low, case.stacks.high, case.pair, case.files.__getitem__)
    for part in encode(case.analysis, source, case.pair, Parameters()):
        (out / part.file_name).write_bytes(part.content)
    metrics = out / "metrics.json"
    command = [sys.executable, str(SCORER), str(CASES / name), str(out), "--out", str(metrics)]
    subprocess.run(command, check=True, capture_output=True)
    figures: dict[str, Any] = json.loads(metrics.read_text())
    return figures


@pytest.mark.slow
@pytest.mark.parametrize("name", ["d04_left_gout_flexed", "d05_both_forearm"])
def test_a_perfect_analysis_scores_perfectly(name: str, tmp_path: Path) -> None:
    figures = scored(name, tmp_path)
    summary, case = figures["summary"], figures["cases"][0]
    deposits = [row for row in case["rows"] if row["kind"] == "HA"]
    assert summary["sensitivity"]["all"] == f"{len(deposits)}/{len(deposits)}"
    assert summary["false_positives_per_case"] == {name: 0}
    assert summary["dice_HA"][name] > 0.999
    assert max(summary["bone_called_HA_mm3"][name]) == 0
    assert summary["volume_median_abs_pct"]
    assert all(value in (None, 0) for value in summary["volume_median_abs_pct"].values())
    assert all(value in (None, 0) for value in summary["mass_median_abs_pct"].values())
    count, total = summary["region"]["side"].split("/")
    assert count == total
    assert summary["region"]["exact"] == f"{total}/{total}"
    assert summary["acro_osteolysis"]["missed"] == summary["acro_osteolysis"]["false"] == 0
    assert case["outcome"] == "complete"
    if summary["MSU"]["volume_recall"] is not None:
        assert summary["MSU"]["detected"] == "4/4"
        assert case["MSU"]["false_MSU_mm3"] == 0
