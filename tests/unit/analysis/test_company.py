"""Small bodies of uncertain nature: left to a reader beside sure deposits, told and not listed where they are alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from node.analysis.deposit.certainty import is_faint
from node.analysis.deposit.company import unlisted_words, without_unlisted
from node.analysis.mineral.reasons import Reason
from node.domain.confidence import Confidence
from node.domain.findings import Deposit, Material
from tests.fakes.analysis import make_study


@pytest.fixture
def sure(tmp_path: Path) -> Deposit:
    first = make_study(tmp_path).analysis.findings.deposits[0]
    return replace(first, material=Material.CALCIUM, review=False)


def unsure(like: Deposit, number: int, volume_mm3: float = 20.0, shape: str = Reason.OSTEOPHYTE) -> Deposit:
    return replace(
        like, number=number, material=Material.INDETERMINATE, volume_mm3=volume_mm3, shape=shape, review=True
    )


def lone_bodies(deposits: list[Deposit], scale: float, apart_mm: float = 5.0) -> tuple[int, ...]:
    """Numbers of those that are not listed; each is one voxel, side by side in a row of such voxels."""
    labels = np.arange(len(deposits) + 1, dtype=np.int32).reshape(1, 1, -1)
    kept, lone = without_unlisted(deposits, labels, (apart_mm,) * 3, scale)
    assert [d.number for d in kept] == list(range(1, len(kept) + 1))
    left = [d.number for d in deposits if d not in lone]
    assert np.flatnonzero(labels).tolist() == left, "voxels of what is not listed are no deposit's"
    assert labels[0, 0, left].tolist() == list(range(1, len(kept) + 1))
    return tuple(d.number for d in lone)


def test_beside_a_sure_deposit_all_are_listed(sure: Deposit) -> None:
    assert lone_bodies([sure, unsure(sure, 2), unsure(sure, 3, shape=Reason.FAINT)], 1.0) == ()


def test_beside_a_sure_deposit_what_may_be_bone_and_is_faint_too_is_not_listed(sure: Deposit) -> None:
    faint, plain = Confidence(0.6, 1.0, 0.4, 1.0), Confidence(1.0, 1.0, 0.7, 1.0)
    bodies = [
        replace(unsure(sure, 2, 3.0, shape), confidence_parts=parts)
        for shape, parts in ((Reason.RAGGED, faint), (Reason.RAGGED, plain), (Reason.FAINT, faint))
    ]
    assert lone_bodies([sure, *(replace(body, number=n) for n, body in enumerate(bodies, 2))], 1.0) == (2,)


@pytest.mark.parametrize("shape", [Reason.RAGGED, Reason.FAINT])
def test_small_bodies_in_the_blur_of_a_sure_deposit_are_not_listed(sure: Deposit, shape: Reason) -> None:
    near, far = (unsure(sure, number, 5.0, shape) for number in (2, 3))
    assert lone_bodies([sure, near, far], 1.0, apart_mm=1.0) == (2,)
    assert lone_bodies([sure, near, far], 1.0, apart_mm=1.5) == ()
    assert lone_bodies([sure, replace(near, volume_mm3=20.0), far], 1.0, apart_mm=1.0) == ()
    assert lone_bodies([replace(far, number=1), near], 1.0, apart_mm=1.0) == (1, 2), "alone in a hand, both"


def test_alone_the_small_ones_are_not_listed(sure: Deposit) -> None:
    bodies = [unsure(sure, 1), unsure(sure, 2, volume_mm3=90.0), unsure(sure, 3, shape=Reason.FAINT)]
    assert lone_bodies(bodies, 1.0) == (1, 3)
    assert lone_bodies(bodies, 1.1) == (1, 2, 3), "a larger hand has larger ossicles"


def test_urate_tells_nothing_of_calcium(sure: Deposit) -> None:
    tophus = replace(sure, material=Material.URATE)
    assert lone_bodies([tophus, unsure(sure, 2)], 1.0) == (2,)


def test_what_metal_or_the_edge_of_the_scan_puts_in_doubt_stays(sure: Deposit) -> None:
    assert lone_bodies([unsure(sure, 1, shape="stone")], 1.0) == ()


def test_each_body_is_told(sure: Deposit) -> None:
    assert unlisted_words([], []) == ()
    (words,) = unlisted_words([unsure(sure, 1, 3.6), unsure(sure, 2, 20.2)], [])
    assert words.startswith("Not listed: 2 small bodies (20, 4 mm³)")
    assert words.endswith("holds no sure deposit.")
    (words,) = unlisted_words([unsure(sure, 1)], [sure])
    assert words.startswith("Not listed: 1 small body (20 mm³), too faint")


def test_faint_is_small_and_pale_and_of_no_certain_material() -> None:
    small, large = 4.0, 40.0
    assert is_faint(small, Confidence(0.8, 1.0, 0.4, 1.0))
    assert not is_faint(large, Confidence(0.8, 1.0, 0.4, 1.0))
    assert not is_faint(small, Confidence(1.0, 1.0, 0.7, 1.0))
    assert not is_faint(small, Confidence(0.8, 0.8, 1.0, 0.5)), "place and contact say nothing of whether it is one"
