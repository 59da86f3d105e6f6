"""findings.json read back is what was written."""

import json
from dataclasses import replace
from typing import Any

import pytest
from node.dicom.objects.findings_json import rounded_findings
from node.domain.errors import Refused
from node.domain.findings import Findings
from node.service.people.reported import read_reported
from tests.fakes.analysis import make_study
from tests.fakes.page import encoded


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Findings, bytes]:
    study = make_study(tmp_path_factory.mktemp("study"))
    content = next(one.content for one in encoded(study) if one.file_name == "findings.json")
    return rounded_findings(study.analysis.findings), content


def without_key_slices(findings: Findings) -> Findings:
    hands = tuple(
        replace(hand, deposits=tuple(replace(deposit, key_slice=0) for deposit in hand.deposits))
        for hand in findings.hands
    )
    return replace(findings, hands=hands)


def test_all_of_it_comes_back(written: tuple[Findings, bytes]) -> None:
    findings, content = written
    reported = read_reported(content)
    assert reported.findings == without_key_slices(findings)
    assert reported.algorithm.startswith("Calcinode ")
    assert sorted(reported.descriptions) == [1, 2, 3, 4, 5]


def damaged(document: dict[str, Any]) -> list[bytes]:
    without_score = json.loads(json.dumps(document))
    del without_score["hands"][0]["sctc_style_score"]
    other_material = json.loads(json.dumps(document))
    other_material["hands"][0]["deposits"][0]["material"] = "gold"
    return [json.dumps(one).encode() for one in (without_score, other_material, {}, [], 3)]


def test_what_is_not_of_this_version_is_refused(written: tuple[Findings, bytes]) -> None:
    for content in (*damaged(json.loads(written[1])), b"", b"\xff\xfe", b"{"):
        with pytest.raises(Refused, match="not of this version"):
            read_reported(content)
