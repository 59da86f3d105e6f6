"""The sentences for a hand."""

from dataclasses import replace
from pathlib import Path

from node.domain.findings import AcroOsteolysis, Digit, Findings, Hand, Laterality, Material, Outcome
from node.domain.hand_wording import calcinosis_headline, calcinosis_words, osteolysis_words
from tests.fakes.analysis import make_study

PRESENT, ABSENT, OPEN = AcroOsteolysis.PRESENT, AcroOsteolysis.ABSENT, AcroOsteolysis.UNDETERMINED


def hand(*tips: AcroOsteolysis) -> Hand:
    digits = tuple(Digit(n, None, tip) for n, tip in enumerate(tips, 1))
    return Hand(Laterality.RIGHT, (), digits, ())


def test_fingertips_in_words() -> None:
    assert osteolysis_words(hand(*[ABSENT] * 5)) == "acro-osteolysis: none found"
    assert osteolysis_words(hand(*[OPEN] * 5)) == "acro-osteolysis: not assessed"
    one = hand(ABSENT, PRESENT, ABSENT, ABSENT, OPEN)
    assert osteolysis_words(one) == "acro-osteolysis: digit 2; undetermined in digit 5"
    more = hand(PRESENT, PRESENT, OPEN, OPEN, ABSENT)
    assert osteolysis_words(more) == "acro-osteolysis: digits 1, 2; undetermined in digits 3, 4"


def test_what_is_counted_is_named_as_mineral(tmp_path: Path) -> None:
    """Urate stands apart, so that the number is not taken for that of all rows of the table."""
    findings = make_study(tmp_path).analysis.findings
    first = findings.hands[0].deposits[0]
    stone = replace(first, material=Material.CALCIUM, review=False, volume_mm3=41.2, mass_mg=17.4)
    urate = replace(stone, material=Material.URATE, mass_mg=None)
    one = replace(findings.hands[0], deposits=(stone, urate))
    assert calcinosis_words(one, findings) == "1 mineral deposit, 41 mm³, 17 mg hydroxyapatite"
    two = replace(one, deposits=(stone, stone))
    assert calcinosis_words(two, findings) == "2 mineral deposits, 82 mm³, 35 mg hydroxyapatite"
    assert calcinosis_headline(two, findings) == "2 mineral deposits, 82 mm³, 35 mg"


def test_without_a_sure_deposit_it_is_absent_or_left_open() -> None:
    none = hand(*[ABSENT] * 5)
    assert calcinosis_words(none, Findings(Outcome.COMPLETE, (), (none,))) == "No calcinosis found"
    limited = replace(none, limits=("The scan ends within the hand.",))
    partial = Findings(Outcome.PARTIAL, (), (limited,))
    assert calcinosis_headline(limited, partial) == "Calcinosis undetermined"
    words = "Calcinosis undetermined: see limits and deposits for review"
    assert calcinosis_words(limited, partial) == words
