"""findings.json, the Structured Report and the picture say the same of every deposit, every sum and the score."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import highdicom as hd
import pytest
from node.dicom.objects.codes import DIGITS, Concept
from node.dicom.report.summary import MASS_NOTE
from node.domain.findings import Analysis, Material, Region
from node.domain.hand_wording import (
    calcinosis_headline,
    calcinosis_words,
    osteolysis_words,
    other_words,
    part_words,
    score_words,
)
from node.domain.sctc_style import NAME
from node.domain.wording import bone_words, hand_words, place_words, plain, size_words
from node.render import canvas, overview
from node.service.study.encode import encode
from node.service.study.parameters import Parameters
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from tests.fakes.analysis import FakeStudy, make_study

SUMS = {
    "count": Concept.NUMBER_OF_LESIONS,
    "volume_mm3": Concept.VOLUME,
    "mass_mg": Concept.CALCIUM_MASS,
    "urate_volume_mm3": Concept.URATE_VOLUME,
    "review_count": Concept.REVIEW_COUNT,
    "review_volume_mm3": Concept.REVIEW_VOLUME,
}
DEPOSIT = {
    "volume_mm3": (Concept.VOLUME, 1),
    "mass_mg": (Concept.CALCIUM_MASS, 1),
    "ratio": (Concept.RATIO, 1),
    "long_axis_mm": (Concept.LONG_AXIS, 1),
    "short_axis_mm": (Concept.SHORT_AXIS, 1),
    "distance_to_skin_mm": (Concept.SKIN_DISTANCE, 1),
    "distance_to_bone_mm": (Concept.BONE_DISTANCE, 1),
    "confidence": (Concept.CERTAINTY, 100),
}
PARTS = {
    "material": Concept.CERTAINTY_MATERIAL,
    "bone_contact": Concept.CERTAINTY_CONTACT,
    "contrast_to_noise": Concept.CERTAINTY_CONTRAST,
    "label_margin": Concept.CERTAINTY_PLACE,
}
SITES = {
    "digit": Concept.DIGIT,
    "hand": Concept.METACARPUS,
    "wrist": Concept.WRIST,
    "forearm": Concept.FOREARM,
    None: Concept.HAND,
}
NOTE = "Not listed: 1 small body (4 mm³)."


@dataclass(frozen=True, eq=False)
class Said:
    """The same study in all its forms; ``hands`` of findings.json."""

    analysis: Analysis
    report: Dataset
    hands: list[dict[str, Any]]

    def groups(self) -> Any:
        return hd.sr.Comprehensive3DSR.from_dataset(self.report).content

    @property
    def hand_groups(self) -> list[Any]:
        return [
            g for g in self.groups().get_image_measurement_groups() if g.get_measurements(Concept.REVIEW_COUNT.code)
        ]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    """With a deposit whose digit, and one whose place, is uncertain."""
    study = make_study(tmp_path_factory.mktemp("study"))
    findings = study.analysis.findings
    right, left = findings.hands
    first, second, *rest = right.deposits
    unplaced = replace(second, region=None, digit=None, level=None, compartment=None, bones=("sesamoid_MCP1_r", "PP"))
    hands = (replace(right, deposits=(replace(first, digit=None), unplaced, *rest)), replace(left, notes=(NOTE,)))
    return replace(study, analysis=replace(study.analysis, findings=replace(findings, hands=hands)))


@pytest.fixture(scope="module")
def said(study: FakeStudy) -> Said:
    parts = {p.role: p.content for p in encode(study.analysis, study.source, study.pair, Parameters())}
    return Said(study.analysis, dcmread(BytesIO(parts["report"])), json.loads(parts["findings"])["hands"])


def values(group: Any, name: Concept, site: tuple[Code, Code | None] | None = None) -> list[float]:
    """Values of this name: of the group itself, or of the part of a hand at ``site`` (place, modifier)."""
    return [m.value for m in group.get_measurements(name.code) if site_of(m) == site]


def site_of(measurement: Any) -> tuple[Code, Code | None] | None:
    for site in measurement.finding_sites:
        modifier = site.topographical_modifier
        return Code(*_triple(site.value)), None if modifier is None else Code(*_triple(modifier))
    return None


def _triple(code: Any) -> tuple[str, str, str]:
    return code.value, code.scheme_designator, code.meaning


def texts(group: Any, name: Concept) -> list[str]:
    items = (i for i in group[0].ContentSequence if i.ValueType == "TEXT")
    return [i.TextValue for i in items if i.ConceptNameCodeSequence[0].CodeValue == name.code.value]


def answers(group: Any, name: Concept) -> list[str]:
    return [e.value.meaning for e in group.get_qualitative_evaluations(name.code)]


def deposits(said: Said) -> Iterator[tuple[Any, dict[str, Any]]]:
    listed = [d for hand in said.hands for d in hand["deposits"]]
    yield from zip(said.groups().get_volumetric_roi_measurement_groups(), listed, strict=True)


def test_every_measure_of_every_deposit(said: Said) -> None:
    for group, deposit in deposits(said):
        assert group.tracking_uid == deposit["tracking_uid"]
        for key, (name, factor) in DEPOSIT.items():
            expected = [] if deposit[key] is None else [pytest.approx(factor * deposit[key])]
            assert values(group, name) == expected, key
        for key, name in PARTS.items():
            assert values(group, name) == [pytest.approx(100 * deposit["confidence_parts"][key])], key


def test_every_deposit_in_words(said: Said) -> None:
    for group, deposit in deposits(said):
        assert texts(group, Concept.DESCRIPTION) == [deposit["description"]]
        (place,) = texts(group, Concept.PLACE)
        assert place in deposit["description"]
        assert place.endswith(deposit["compartment"] or "")
        assert texts(group, Concept.SHAPE) == [deposit["shape"]]
        for bone in deposit["touches"] or deposit["bones"]:
            assert bone_words(bone) in deposit["description"], "also those that have no code"


def test_contact_and_review_of_every_deposit(said: Said) -> None:
    for group, deposit in deposits(said):
        assert answers(group, Concept.TOUCHES_BONE) == ["Yes" if deposit["touches_bone"] else "No"]
        assert bool(deposit["touches"]) == deposit["touches_bone"]
        assert answers(group, Concept.REVIEW) == ["Yes" if deposit["review"] else "No"]
        coded = [bone for bone in deposit["touches"] if bone in ("capitate", "DP1")]
        assert len(answers(group, Concept.TOUCHED_BONE)) == len(coded)


def test_confidence_is_the_product_of_its_parts(said: Said) -> None:
    for _, deposit in deposits(said):
        product = 1.0
        for share in deposit["confidence_parts"].values():
            product *= share
        assert deposit["confidence"] == pytest.approx(product, abs=0.001)


def parts_of(hand: dict[str, Any]) -> Iterator[tuple[dict[str, Any], tuple[Code, Code | None]]]:
    undetermined = Concept.UNDETERMINED.code
    for row in hand["digit_totals"]:
        finger = Concept.THUMB if row["digit"] == 1 else Concept.FINGER
        yield row, (finger.code, DIGITS[row["digit"]].code if row["digit"] else undetermined)
    for row in hand["region_totals"]:
        yield row, (SITES[row["region"]].code, None if row["region"] else undetermined)


def test_every_sum_of_every_hand_and_part(said: Said) -> None:
    for group, hand in zip(said.hand_groups, said.hands, strict=True):
        for key, name in SUMS.items():
            assert values(group, name) == [pytest.approx(hand["totals"][key])], key
            for row, site in parts_of(hand):
                assert (values(group, name, site) or [0]) == [pytest.approx(row[key])], (key, row)


def test_parts_add_up_to_the_hand(said: Said) -> None:
    for hand in said.hands:
        in_digits = next(row for row in hand["region_totals"] if row["region"] == "digit")
        for key in SUMS:
            assert sum(row[key] for row in hand["region_totals"]) == pytest.approx(hand["totals"][key])
            assert sum(row[key] for row in hand["digit_totals"]) == pytest.approx(in_digits[key])


def test_the_score_under_its_full_name(said: Said) -> None:
    for group, hand, found in zip(said.hand_groups, said.hands, said.analysis.findings.hands, strict=True):
        score = hand["sctc_style_score"]
        measured = values(group, Concept.SCTC_STYLE_SCORE)
        in_words = texts(group, Concept.SCORE_IN_WORDS)
        assert in_words[0] == score_words(found)
        if score is None:
            assert (measured, in_words) == ([], [f"{NAME}: not determined"])
            continue
        assert score["name"] == NAME == Concept.SCTC_STYLE_SCORE.code.meaning
        assert measured == [score["total"]]
        assert score["total"] == pytest.approx(sum(r["score"] for r in score["regions"]), abs=0.01)
        assert [f"{r['score']:.1f}" for r in score["regions"]] == [text.rpartition(": ")[2] for text in in_words[1:]]


def test_the_size_of_a_deposit_is_within_the_five_lines_that_ohif_shows(said: Said) -> None:
    for group, deposit in deposits(said):
        names = [m.name.meaning for m in group.get_measurements()][:5]
        mass = [Concept.CALCIUM_MASS] if deposit["mass_mg"] is not None else []
        size = [Concept.VOLUME, *mass, Concept.LONG_AXIS, Concept.SHORT_AXIS]
        assert names[: len(size)] == [name.code.meaning for name in size]


def test_a_hand_begins_with_its_answers_in_short_and_what_is_not_listed_is_told(said: Said) -> None:
    findings = said.analysis.findings
    for group, hand, found in zip(said.hand_groups, said.hands, findings.hands, strict=True):
        headline = f"{hand_words(found.laterality)}: {calcinosis_headline(found, findings)}"
        answers = [headline, other_words(found, findings)]
        assert texts(group, Concept.NOTE) == [*answers, *hand["notes"], MASS_NOTE]
        contained = (i for i in group[0].ContentSequence if i.RelationshipType == "CONTAINS")
        every = [i.TextValue for i in contained if i.ValueType == "TEXT"]
        assert (every[:2], every[-1]) == (answers, MASS_NOTE)
        assert calcinosis_words(found, findings).startswith(calcinosis_headline(found, findings))
    assert [hand["notes"] for hand in said.hands] == [[], [NOTE]]


def test_the_picture_takes_its_lines_from_the_same_words(
    said: Said, study: FakeStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    def text(self: Any, x: float, y: float, text: str, *style: Any) -> None:
        lines.append(text)

    monkeypatch.setattr(canvas.Canvas, "text", text)
    overview.overview(study.pair, study.analysis, "1")
    page = " ".join(lines)
    findings = study.analysis.findings
    assert plain(NOTE) in page
    for group, hand in zip(said.hand_groups, findings.hands, strict=True):
        assert texts(group, Concept.PART_TOTALS) == list(part_words(hand))
        for sentence in (calcinosis_words(hand, findings), other_words(hand, findings), osteolysis_words(hand)):
            assert sentence in lines
        assert score_words(hand) in lines
        assert plain("; ".join(part_words(hand))) in page
        for deposit in hand.deposits:
            assert place_words(deposit, hand.laterality) in lines
            assert plain(size_words(deposit)) in lines


def test_the_made_up_study_holds_all_that_is_compared(said: Said) -> None:
    found = said.analysis.findings.deposits
    assert {d.material for d in found} == set(Material)
    assert {d.region for d in found} >= {Region.DIGIT, None}
    assert {d.touches_bone for d in found} == {d.review for d in found} == {True, False}
