"""How sure a finding is, and the sentences for one deposit."""

from dataclasses import replace
from pathlib import Path

from node.analysis.anatomy.place import NOWHERE, Place
from node.analysis.deposit.certainty import TOUCHING, UNPLACED, confidence_of
from node.domain.confidence import Confidence
from node.domain.findings import Laterality, Level, Material, Region
from node.domain.wording import amount_words, bone_words, confidence_words, contact_words, description, whereabouts
from tests.fakes.analysis import make_study
from tests.fakes.sticks import MEASURES


def test_each_doubt_lowers_its_own_part() -> None:
    free = replace(MEASURES, touches_bone=False)
    sure = Place(Region.DIGIT, 3, Level.PROXIMAL, "palmar", ("PP3",), 1.0)
    best = confidence_of(free, 40.0, 10.0, sure)
    assert best.product == 1.0
    assert confidence_of(free, -40.0, 10.0, sure) == best, "urate can be as sure as calcium"
    assert confidence_of(free, 0.0, 10.0, sure) == replace(best, material=0.5)
    assert confidence_of(MEASURES, 40.0, 10.0, sure) == replace(best, bone_contact=TOUCHING)
    assert confidence_of(free, 40.0, 170.0, sure) == replace(best, contrast_to_noise=0.5)
    assert confidence_of(free, 40.0, 10.0, replace(sure, share=0.7)) == replace(best, label_margin=0.7)
    assert confidence_of(free, 40.0, 10.0, NOWHERE) == replace(best, label_margin=UNPLACED)


def test_a_deposit_in_words(tmp_path: Path) -> None:
    first, *_, last = make_study(tmp_path).analysis.findings.deposits
    assert whereabouts(first, Laterality.RIGHT) == "right digit 2 distal, fingertip pad, palmar"
    assert contact_words(first) == "1.5 mm from bone (near distal phalanx 2); 3.2 mm from skin"
    assert contact_words(replace(first, distance_to_bone_mm=None)) == "no bone near; 3.2 mm from skin"
    assert contact_words(last) == "touches capitate, carpus; 3.2 mm from skin"
    assert (
        confidence_words(first)
        == "confidence in kind and place 90 %: material 99 %, contrast to noise 95 %, place 96 %"
    )
    sure = replace(first, confidence_parts=Confidence(1.0, 1.0, 0.999, 1.0))
    assert confidence_words(sure) == "confidence in kind and place over 99 %", "never a hundred"
    assert description(last, Laterality.UNCERTAIN).startswith(
        "Indeterminate deposit 5, for review: wrist, side uncertain"
    )
    assert [bone_words(n) for n in ("DP2", "PP", "sesamoid_MCP1_r", "unnamed")] == [
        "distal phalanx 2",
        "proximal phalanx of uncertain digit",
        "sesamoid MCP1 r",
        "an unnamed bone",
    ]


def test_the_amount_says_where_the_volume_is_not_to_be_relied_upon(tmp_path: Path) -> None:
    first = make_study(tmp_path).analysis.findings.deposits[0]
    stone = replace(first, volume_mm3=41.24, mass_mg=17.0, short_axis_mm=4.0, shape="stone")
    assert amount_words(stone) == "41.2 mm³, 17.0 mg hydroxyapatite"
    assert amount_words(stone) in description(stone, Laterality.RIGHT)
    assert amount_words(replace(stone, mass_mg=None)) == "41.2 mm³"
    for fine in (replace(stone, short_axis_mm=1.4), replace(stone, shape="net, low density")):
        assert amount_words(fine).endswith(", finer than the scan resolves")


def test_contact_of_urate_is_never_said_for_sure(tmp_path: Path) -> None:
    touching = make_study(tmp_path).analysis.findings.deposits[-1]
    assert contact_words(replace(touching, material=Material.CALCIUM)).startswith("touches capitate")
    assert contact_words(replace(touching, material=Material.URATE)).startswith(
        "at capitate, carpus, contact not told for sure;"
    )
