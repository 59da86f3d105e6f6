"""The code table: what it says of its sources is true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from node.dicom.objects.codes import BONES, PRIVATE_SCHEME, Concept
from pydicom.sr._concepts_dict import concepts

HAND_CODES = Path(__file__).resolve().parents[4] / "shared" / "data" / "hand_codes.json"


def verhoeff_valid(number: str) -> bool:
    """Check digit of a SNOMED CT identifier (Verhoeff, dihedral group D5)."""
    multiply = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ]
    permute = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    for _ in range(6):
        permute.append([permute[-1][i] for i in permute[1]])
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = multiply[check][permute[place % 8][int(digit)]]
    return check == 0


def known(scheme: str) -> Iterator[tuple[str, str]]:
    for codes in concepts[scheme].values():
        for value, (meaning, _) in codes.items():
            yield value, re.sub(r" \((observable entity|attribute)\)$", "", meaning.lower())


@pytest.mark.parametrize("concept", Concept)
def test_public_codes_are_in_pydicoms_dictionary_with_their_meaning(concept: Concept) -> None:
    code = concept.code
    assert len(code.value) <= 16
    assert len(code.meaning) <= 64
    if code.scheme_designator == PRIVATE_SCHEME:
        assert concept.source.startswith("99CALC")
        return
    if concept.source.startswith("UCUM"):
        assert (code.value, code.scheme_designator) == ("mg", "UCUM")
        return
    assert concept.source.startswith("P")
    assert (code.value, code.meaning.lower()) in set(known(code.scheme_designator))


def test_no_code_is_listed_twice() -> None:
    codes = [(c.code.scheme_designator, c.code.value) for c in Concept]
    assert len(set(codes)) == len(codes)


def test_bones_have_valid_check_digits() -> None:
    assert len({code.value for code in BONES.values()}) == len(BONES) == 58
    assert all(verhoeff_valid(code.value) for code in BONES.values())
    assert not verhoeff_valid("762865001")


@pytest.mark.skipif(not HAND_CODES.exists(), reason="the shared list of hand codes is not here")
def test_bones_are_those_of_the_shared_list() -> None:
    shared = json.loads(HAND_CODES.read_text())["SCT_lateralised"]
    for (name, side), code in BONES.items():
        assert shared[side]["triquetral" if name == "triquetrum" else name.lower()] == code.value
