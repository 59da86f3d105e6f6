"""The pages for people: what they say is what the journal and the job's own findings say, and it is only ever text."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import highdicom as hd
import pytest
from node.dicom.objects.codes import Concept
from node.domain.hand_wording import part_words, region_score_words, score_words
from node.domain.job import JobState
from node.domain.wording import DISCLAIMER_SENTENCE, MATERIAL_RGB
from node.service.delivering.routing import Route
from node.service.journal.questions import Condition
from node.service.journal.results import ResultObject
from node.service.people.why import MEANING
from node.web.rendering import STATIC
from pydicom import dcmread
from starlette.testclient import TestClient
from tests.fakes import process
from tests.fakes.analysis import FakeStudy, make_study
from tests.fakes.ct import CtSlice, contact, pair_of_series, received
from tests.fakes.house import House
from tests.fakes.page import HOSTILE, STUDY, encoded, gives, page_of, refuses_with_a_script


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def objects(study: FakeStudy) -> tuple[ResultObject, ...]:
    return encoded(study)


@pytest.fixture
def page(house: House) -> Iterator[TestClient]:
    with page_of(house) as client:
        yield client


def finish(house: House, objects: tuple[ResultObject, ...] | None = None) -> None:
    if objects is not None:
        house.process = gives(objects)
        house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()


def fail(house: House) -> None:
    house.process = process.explode
    house.make()
    finish(house)
    for _ in range(3):
        house.clock.advance(3600)
        house.work()


def text_of(page: TestClient, address: str, status: int = 200) -> str:
    """What a person reads there, without tags and with single blanks."""
    answer = page.get(address)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def content(objects: tuple[ResultObject, ...], name: str) -> bytes:
    return next(one.content for one in objects if one.file_name == name)


def test_an_empty_node(page: TestClient) -> None:
    text = text_of(page, "/")
    assert "Nothing needs a person." in text
    assert "No study has been grouped yet." in text
    assert DISCLAIMER_SENTENCE in text


def test_the_front_page_lists_studies_with_state_and_reason(house: House, page: TestClient) -> None:
    finish(house)
    text = text_of(page, "/")
    assert "images received 10" in text
    assert "done 1" in text
    assert "pacs committed 2" in text
    assert f"done {STUDY} job 1 Measured." in text
    assert f'href="./studies/{STUDY}#job-1"' in page.get("/").text
    assert '<meta http-equiv="refresh" content="30">' in page.get("/").text


def test_the_list_can_be_filtered(house: House, page: TestClient) -> None:
    finish(house)
    assert f"{STUDY} job 1" in text_of(page, "/?state=done")
    refused = text_of(page, "/?state=refused")
    assert "No study is refused." in refused
    assert STUDY not in refused
    assert "state: Input should be 'received', 'paired'" in text_of(page, "/?state=lost", 422)
    assert "limit: Input should be greater than or equal to 1" in text_of(page, "/?limit=0", 422)


def test_the_latest_change_comes_first(house: House, page: TestClient) -> None:
    finish(house)
    house.receive(pair_of_series("1.2.4"), association="a2")
    house.settle()
    text = text_of(page, "/")
    assert text.index("1.2.4") < text.index("1.2.3 job")
    assert "1.2.3 job" not in text_of(page, "/?limit=1")


def test_what_failed_stands_on_top(house: House, page: TestClient) -> None:
    fail(house)
    text = text_of(page, "/")
    assert text.index("Needs a person") < text.index("At a glance")
    assert "1 study failed, by our fault. “calcinode retry JOB” has them judged again" in text
    assert 'href="./?state=failed"' in page.get("/").text


def test_a_failed_delivery_is_named_with_what_to_do(house: House, page: TestClient) -> None:
    house.pacs.refuses = frozenset({"1.2.0"})
    finish(house)
    text = text_of(page, "/")
    assert "1 delivery to pacs failed." in text
    assert "“calcinode retry --peer pacs” starts them anew." in text


def test_quarantined_and_rejected_are_told(house: House, page: TestClient) -> None:
    image = next(iter(pair_of_series(STUDY)))
    house.receive([image])
    house.intake.accept(received(CtSlice(**{**image.__dict__, "value": 999})))
    house.receiver.peer_rejected(contact(calling="PACS_STORE"), "Unknown AE title 'PACS_STORE'.")
    text = text_of(page, "/")
    assert "1 image not accepted, kept in quarantine." in text
    assert f"Quarantined (conflict) {image.uid}" in text
    assert "1 caller not let in." in text
    assert "PACS_STORE: rejected 1 time, last" in text
    assert "Unknown AE title 'PACS_STORE'." in text
    house.work()
    assert f"Quarantined (conflict) {image.uid}" in text_of(page, f"/studies/{STUDY}")


def test_a_node_in_trouble_says_so_on_top(house: House) -> None:
    short = "Less than 9 MiB would stay free on the volume of /data"
    condition = Condition(running=("page",), starting=("courier",), stopped=("receiver", "engine"), shortage=short)
    with page_of(house, lambda: condition) as page:
        text = text_of(page, "/")
    assert "Parts of the node do not run: receiver, engine." in text
    assert "Parts of the node are not ready: courier." in text
    assert f"{short}: images are refused (A700)." in text


def test_results_that_go_nowhere_need_a_person(house: House, page: TestClient) -> None:
    house.routes = (Route(("pacs",), study_description="*foot*"),)
    house.make()
    finish(house)
    text = text_of(page, "/")
    assert "1 study analysed, with results that go nowhere." in text
    assert "Not delivered: no route matches study description ''." in text


def test_results_that_stay_here_on_purpose_need_nobody(house: House) -> None:
    house.peers = ()
    house.make()
    finish(house)
    with page_of(house, lambda: Condition(running=("page",), delivers=False)) as page:
        text = text_of(page, "/")
        metrics = page.get("/metrics").text
    assert "Nothing needs a person." in text
    assert "Delivery is switched off: results stay in the data folder, and are shown here." in text
    assert "calcinode_studies_undelivered 0.0" in metrics


def test_a_destination_that_is_down_for_long_needs_a_person(house: House, page: TestClient) -> None:
    house.pacs.down = True
    finish(house)
    assert "Nothing needs a person." in text_of(page, "/")
    house.clock.advance(3601)
    text = text_of(page, "/")
    assert "2 results wait for pacs, the oldest since" in text
    assert "does not answer. They are sent again by themselves; “calcinode retry --peer pacs” does so at once." in text


def test_a_study_tells_when_the_next_attempt_comes(house: House, page: TestClient) -> None:
    house.pacs.down = True
    finish(house)
    at = house.clock() + timedelta(seconds=30)
    assert f"The next attempt is due at {at:%Y-%m-%d %H:%M:%S} UTC." in text_of(page, f"/studies/{STUDY}")


def test_results_for_a_destination_that_is_not_configured_any_more_need_a_person(house: House) -> None:
    house.pacs.down = True
    finish(house)
    with page_of(house, lambda: Condition(running=("page",), destinations=("archive",))) as page:
        assert "2 results wait for 'pacs', which is no destination of the configuration" in text_of(page, "/")


def test_a_study_that_stayed_incomplete_needs_a_person_until_it_came_whole(house: House, page: TestClient) -> None:
    whole = list(pair_of_series(STUDY))
    house.receive(whole[:2] + whole[3:])
    for _ in range(4):
        house.settle()
        house.clock.advance(900)
    assert house.states() == ["incomplete"]
    assert "1 study not analysed, for images are missing. Send the study again" in text_of(page, "/")
    house.receive(whole, association="a2")
    house.settle()
    assert house.states() == ["incomplete", "done"]
    assert "Nothing needs a person." in text_of(page, "/")
    assert "No study is incomplete." in text_of(page, "/?state=incomplete")


def test_what_only_a_look_cures_is_not_told_for_ever(house: House, page: TestClient) -> None:
    house.receiver.peer_rejected(contact(calling="PACS_STORE"), "Unknown AE title 'PACS_STORE'.")
    assert "1 caller not let in." in text_of(page, "/")
    house.clock.advance(15 * 86400)
    text = text_of(page, "/")
    assert "Nothing needs a person." in text
    assert "callers not let in 1" in text


def test_a_study_that_came_again_says_so(house: House, page: TestClient) -> None:
    finish(house)
    house.receive(pair_of_series(STUDY), association="a2")
    assert "10 images from SCANNER. 10 images came again unchanged, last at" in text_of(page, f"/studies/{STUDY}")


def test_a_study_tells_why_it_was_treated_so(house: House, page: TestClient) -> None:
    finish(house)
    text = text_of(page, f"/studies/{STUDY}")
    assert "10 images from SCANNER." in text
    assert "Revision 1 job 1 done" in text
    assert f"{MEANING[JobState.DONE]}. Measured." in text
    assert "Series 80, 5 images: Chosen as the low energy, 80 kV." in text
    assert re.search(r"2026-\d\d-\d\d \d\d:\d\d:\d\d · received", text)
    assert re.search(r"seg.dcm pacs committed \d .* The peer took responsibility.", text)
    assert "refresh" not in page.get(f"/studies/{STUDY}").text


def test_a_refused_study_tells_reason_and_hint(house: House, page: TestClient) -> None:
    house.receive(image for image in pair_of_series(STUDY) if image.kvp == 80)
    house.settle()
    house.clock.advance(60)
    house.work()
    text = text_of(page, f"/studies/{STUDY}")
    assert "refused Not analysed: out of scope." in text
    assert "Only one energy is there" in text
    assert "Files:" not in text
    assert "Deposits" not in text


def test_a_study_under_way_renews_itself(house: House, page: TestClient) -> None:
    house.receive(pair_of_series(STUDY))
    house.assembly.run_once()
    assert '<meta http-equiv="refresh" content="30">' in page.get(f"/studies/{STUDY}").text


def test_a_study_that_never_came(house: House, page: TestClient) -> None:
    house.receiver.peer_rejected(contact(calling="PACS_STORE"), "Unknown AE title 'PACS_STORE'.")
    text = text_of(page, "/studies/9.9", 404)
    assert "Nothing of study 9.9 has been stored." in text
    assert "Unknown AE title 'PACS_STORE'." in text


def test_the_page_says_the_sentences_of_the_report(
    house: House, page: TestClient, study: FakeStudy, objects: tuple[ResultObject, ...]
) -> None:
    finish(house, objects)
    text = text_of(page, f"/studies/{STUDY}")
    listed = [d for hand in json.loads(content(objects, "findings.json"))["hands"] for d in hand["deposits"]]
    report = hd.sr.Comprehensive3DSR.from_dataset(dcmread(BytesIO(content(objects, "sr.dcm"))))
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert len(listed) == 5
    for group, deposit in zip(groups, listed, strict=True):
        assert deposit["description"] in text
        assert in_report(group, Concept.DESCRIPTION) == [deposit["description"]]
    for hand in study.analysis.findings.hands:
        for words in (*part_words(hand), score_words(hand), *map(region_score_words, _regions(hand))):
            assert words in text
    assert "SCTC-style score (not the validated score): 43.2" in text


def _regions(hand: Any) -> Any:
    return hand.sctc_style.regions if hand.sctc_style else ()


def in_report(group: Any, name: Concept) -> list[str]:
    items = (i for i in group[0].ContentSequence if i.ValueType == "TEXT")
    return [i.TextValue for i in items if i.ConceptNameCodeSequence[0].CodeValue == name.code.value]


def test_the_measures_of_a_deposit_are_those_of_the_file(
    house: House, page: TestClient, objects: tuple[ResultObject, ...]
) -> None:
    finish(house, objects)
    text = text_of(page, f"/studies/{STUDY}")
    right, left = json.loads(content(objects, "findings.json"))["hands"]
    first = right["deposits"][0]
    hu = f"{first['mean_low_hu']:.0f} / {first['mean_high_hu']:.0f}"
    measures = f"{first['volume_mm3']:.1f} {first['mass_mg']:.1f} {hu} {first['ratio']:.2f}"
    assert f"1 right digit 2 distal, fingertip pad, palmar Calcium {measures} 90 % no" in text
    assert f"mineral deposits {right['totals']['count']}" in text
    assert f"for review {left['totals']['review_count']} ({left['totals']['review_volume_mm3']:.1f} mm³)" in text
    assert "Acro-osteolysis digit acro-osteolysis distal phalanx, mm 1 absent 18.2 2 present 19.2" in text
    assert "5 undetermined –" in text


def test_what_is_for_review_stands_apart(house: House, page: TestClient, objects: tuple[ResultObject, ...]) -> None:
    finish(house, objects)
    text = text_of(page, f"/studies/{STUDY}")
    assert text.count("For a reader to judge; not in totals") == 1
    listed, _, review = text.partition("For a reader to judge; not in totals")
    assert "Indeterminate deposit 5, for review" in review
    assert "deposit 5" not in listed
    assert "Calcium deposit 4:" in listed


def test_picture_and_files_are_linked(house: House, page: TestClient, objects: tuple[ResultObject, ...]) -> None:
    finish(house, objects)
    answer = page.get(f"/studies/{STUDY}")
    addresses = set(re.findall(r'(?:src|href)="(\.\./jobs/1/files/[^"]+)"', answer.text))
    assert {address.rpartition("/")[2] for address in addresses} == {one.file_name for one in objects}
    assert '<img src="../jobs/1/files/overlay.png" alt="' in answer.text
    for address in addresses:
        assert page.get(f"/studies/{address}").status_code == 200


def test_no_patient_is_named(house: House, page: TestClient, objects: tuple[ResultObject, ...]) -> None:
    finish(house, objects)
    for address in ("/", f"/studies/{STUDY}", f"/api/studies/{STUDY}", "/api/jobs", "/metrics"):
        text = page.get(address).text
        for told in ("Müller", "FAKE-1", "19500101", "Test^Phantom", "A4711"):
            assert told not in text


def test_findings_of_another_version_are_said_to_be_so(house: House, page: TestClient) -> None:
    finish(house)  # whose findings.json is {}
    text = text_of(page, f"/studies/{STUDY}")
    assert "The findings of this job cannot be shown: findings.json is not of this version." in text
    assert "findings.json · seg.dcm · sr.dcm" in text


def test_a_hostile_reason_is_text(house: House, page: TestClient) -> None:
    house.process = refuses_with_a_script
    house.make()
    finish(house)
    house.receiver.peer_rejected(contact(calling="<i>X</i>"), HOSTILE)
    for address in ("/", f"/studies/{STUDY}", "/studies/<script>alert(1)</script>", "/?state=<script>"):
        answer = page.get(address)
        assert "<script" not in answer.text
        assert "<b>" not in answer.text
        assert "<i>" not in answer.text
    for address in ("/", f"/studies/{STUDY}"):
        assert HOSTILE in text_of(page, address)


def test_a_job_leads_to_its_study(house: House, page: TestClient) -> None:
    finish(house)
    answer = page.get("/jobs/1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"../studies/{STUDY}#job-1")
    assert "There is no job 7." in text_of(page, "/jobs/7", 404)
    assert "There is nothing at this address." in text_of(page, "/jobs/x", 404)
    text_of(page, f"/jobs/{10**30}", 404)


@pytest.mark.parametrize("typed", [STUDY, "1", f" {STUDY} "])
def test_what_is_typed_leads_to_its_study(house: House, page: TestClient, typed: str) -> None:
    finish(house)
    answer = page.get("/studies", params={"study": typed})
    assert answer.url.path == f"/studies/{STUDY}"


def test_what_is_typed_cannot_lead_elsewhere(page: TestClient) -> None:
    for typed in ("//evil.example", "", "../api/status", "9" * 40, "?x#y"):
        answer = page.get("/studies", params={"study": typed}, follow_redirects=False)
        assert answer.status_code == 404 or answer.headers["location"].startswith("./studies/")
        assert page.get("/studies", params={"study": typed}).status_code == 404


def test_links_hold_behind_a_proxy_with_a_path(house: House, page: TestClient) -> None:
    finish(house)
    for address in ("/", f"/studies/{STUDY}", "/jobs/7/files/x"):
        assert not re.findall(r'(?:href|src|action)="(?:/|http)', page.get(address).text)


def test_the_colours_are_those_of_the_picture() -> None:
    style = (STATIC / "page.css").read_text()
    for material, (red, green, blue) in MATERIAL_RGB.items():
        assert f"--{material}: rgb({red}, {green}, {blue});" in style
        assert f".material.{material}::before {{ background: var(--{material}); }}" in style
