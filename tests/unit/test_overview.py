"""The overview page: its parts are where they must be, and nothing breaks it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from node.domain.findings import Findings, Hand, Laterality, Outcome
from node.domain.wording import DISCLAIMER, MATERIAL_RGB, axes_words, plain
from node.render.canvas import BACKGROUND, Canvas, shortened, text_width, wrapped
from node.render.overview import BOTTOM, HEIGHT, TOP, WIDTH, _shares, _spread, notice, overview
from tests.fakes.analysis import PLACES, FakeStudy, make_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    return make_study(tmp_path_factory.mktemp("study"))


def colours(rgb: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(c) for c in np.unique(rgb.reshape(-1, 3), axis=0).tolist()}


def test_it_shows_each_material_in_its_colour_and_is_always_the_same(study: FakeStudy) -> None:
    rgb = overview(study.pair, study.analysis, "1")
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert rgb.dtype == np.uint8
    assert set(MATERIAL_RGB.values()) <= colours(rgb)
    assert (overview(study.pair, study.analysis, "1") == rgb).all()


def test_a_study_without_deposits_or_bones_has_a_page_too(tmp_path: Path) -> None:
    study = make_study(tmp_path, places=())
    bare = replace(study.analysis, bones=np.zeros_like(study.analysis.bones))
    for analysis in (study.analysis, bare):
        page = overview(study.pair, analysis, "1")
        tiles = page[810:1050]
        assert tiles.max() > 100, "it says that there is no deposit"


def test_uncertain_side_limits_and_no_hand_do_not_break_it(study: FakeStudy) -> None:
    right, left = study.analysis.findings.hands
    limits = ("Motion of 1.2 mm between the energies – “residual” ≥ half a voxel.",) * 9
    hands: tuple[Hand, ...]
    for hands in ((replace(right, laterality=Laterality.UNCERTAIN, limits=limits), left), (right,), ()):
        findings = Findings(Outcome.PARTIAL, ("The left hand is cut off.",), hands)
        page = overview(study.pair, replace(study.analysis, findings=findings), "1")
        assert page.shape == (HEIGHT, WIDTH, 3)


def test_what_limits_a_hand_is_said_once(study: FakeStudy) -> None:
    hands = tuple(replace(h, limits=("The scan ends within the hand.",)) for h in study.analysis.findings.hands)
    pages = [
        overview(study.pair, replace(study.analysis, findings=Findings(Outcome.PARTIAL, reasons, hands)), "1")
        for reasons in (hands[0].limits, ())
    ]
    assert (pages[0] == pages[1]).all()


def test_many_deposits_fit_and_the_rest_is_counted(study: FakeStudy) -> None:
    right, left = study.analysis.findings.hands
    crowd = tuple(replace(right.deposits[0], number=n) for n in range(1, 120))
    findings = replace(study.analysis.findings, hands=(replace(right, deposits=crowd), left))
    page = overview(study.pair, replace(study.analysis, findings=findings), "1")
    assert page.shape == (HEIGHT, WIDTH, 3)


def test_rows_are_shared_out() -> None:
    assert _shares([3, 4], 20) == [3, 4]
    assert _shares([30, 2], 20) == [18, 2]
    assert _shares([30, 30], 20) == [10, 10]
    assert _shares([], 20) == []


def test_callouts_keep_their_distance_and_order() -> None:
    placed = _spread([10.0, 11.0, 12.0, 300.0, 999.0], 31, 60, 700)
    assert placed == sorted(placed)
    assert min(np.diff(placed)) >= 31
    assert placed[0] >= 60
    assert placed[-1] <= 700
    assert len(_spread([1.0] * 100, 31, 60, 700)) == 100


def test_the_corners_are_left_to_the_viewer(study: FakeStudy) -> None:
    """And the player of OHIF covers the middle below the title."""
    right, left = study.analysis.findings.hands
    limited = tuple(replace(h, limits=("The scan ends within the hand.",) * 9) for h in (right, left))
    findings = Findings(Outcome.PARTIAL, ("The left hand is cut off.",), limited)
    page = overview(study.pair, replace(study.analysis, findings=findings), "1")
    corners = page[:TOP, :280], page[:TOP, -280:], page[-BOTTOM:, :400], page[-BOTTOM:, -400:], page[53:TOP]
    for corner in corners:
        assert (corner == BACKGROUND).all()
    assert min(TOP, BOTTOM) >= 75
    assert (page[:TOP] != BACKGROUND).any()
    assert (page[-BOTTOM:] != BACKGROUND).any()


@pytest.mark.parametrize("shape", ["cord along the course of a tendon", "plate" * 30, "net, " * 20, "stone"])
def test_a_caption_never_loses_the_size(study: FakeStudy, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[float, str]] = []
    monkeypatch.setattr(Canvas, "text", lambda self, x, y, text, *style, **more: lines.append((y, text)))
    right, left = study.analysis.findings.hands
    deposits = tuple(replace(d, shape=shape, compartment="periarticular PIP, " * 4) for d in right.deposits)
    findings = replace(study.analysis.findings, hands=(replace(right, deposits=deposits), left))
    overview(study.pair, replace(study.analysis, findings=findings), "1")
    captions = [text for y, text in lines if TOP + 940 < y < HEIGHT - BOTTOM]
    for deposit in deposits:
        caption = next(text for text in captions if text.endswith(plain(f", {axes_words(deposit)}")))
        assert caption.startswith(shape[:4])
    assert max(text_width(text, 14) for text in captions) <= 244


def test_what_is_too_wide_ends_in_dots() -> None:
    assert shortened("cord", 14, 100) == "cord"
    assert shortened("radial, subcutaneous", 14, text_width("radial, subcut", 14)) == "radial..."
    assert shortened("periarticular", 14, 40).endswith("...")
    assert text_width(shortened("periarticular", 14, 40), 14) <= 40


def test_a_notice_says_its_sentences() -> None:
    long = notice("Not measured", ("One energy only.",) * 3, "1")
    assert long.shape == (600, WIDTH, 3)
    assert (notice("Not measured", (), "1") != long).any()


def test_text_is_written_in_what_the_font_holds() -> None:
    assert plain("Müller – “≥ 3 mm³” × 王") == 'Muller - ">= 3 mm3" x ?'
    assert plain(DISCLAIMER) == DISCLAIMER
    lines = wrapped("a sentence that is too long for one line of the page", 20, 200)
    assert len(lines) > 1
    assert " ".join(lines) == "a sentence that is too long for one line of the page"
    assert len(PLACES) == 5
