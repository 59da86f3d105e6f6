"""Why a study was treated so: the story that ``calcinode why`` tells, to the next attempt of a delivery."""

from datetime import timedelta

from node.service.people.retry import Selection, retry
from node.service.people.why import tell
from node.store.revival import Revivals
from node.store.views import Views
from tests.fakes.ct import contact, pair_of_series, received
from tests.fakes.house import House

STUDY = "1.2.3"


def refused(house: House) -> None:
    house.receive(image for image in pair_of_series(STUDY) if image.kvp == 80)
    house.settle()
    house.clock.advance(60)
    house.work()


def test_why_of_a_study_that_was_measured(house: House, views: Views) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()
    text = "\n".join(tell(views, STUDY))
    assert "Revision 1 (job 1): done." in text
    assert "Chosen as the low energy, 80 kV." in text
    assert "· → received" in text
    assert "seg.dcm → pacs: committed. The peer took responsibility." in text
    assert tell(views, "1") == tell(views, STUDY)


def test_why_tells_when_the_next_attempt_comes(house: House, views: Views, revivals: Revivals) -> None:
    house.pacs.down = True
    house.receive(pair_of_series(STUDY))
    house.settle()
    at = house.clock() + timedelta(seconds=30)
    said = f"seg.dcm → pacs: pending. pacs does not answer. The next attempt is due at {at:%Y-%m-%d %H:%M:%S} UTC."
    assert "  " + said in tell(views, STUDY)
    assert [one.not_before for one in views.story(STUDY).revisions[0].deliveries] == [at, at]
    house.clock.advance(5)
    retry(revivals, Selection(STUDY), house.clock)
    assert f"due at {house.clock():%Y-%m-%d %H:%M:%S} UTC." in "\n".join(tell(views, STUDY)), (
        "a person asked for it now"
    )


def test_why_tells_when_commitment_is_asked_for_again(house: House, views: Views) -> None:
    house.pacs.silent = True
    house.receive(pair_of_series(STUDY))
    house.settle()
    at = house.clock() + timedelta(minutes=5)
    text = "\n".join(tell(views, STUDY))
    assert f"Without an answer it is asked again at {at:%Y-%m-%d %H:%M:%S} UTC." in text


def test_why_of_what_has_ended_tells_of_no_next_attempt(house: House, views: Views) -> None:
    house.pacs.knows_commitment = False
    house.receive(pair_of_series(STUDY))
    house.settle()
    text = "\n".join(tell(views, STUDY))
    assert "delivered. Commitment could not be asked for: pacs does not do Storage Commitment." in text
    assert "next attempt" not in text
    assert "again at" not in text


def test_why_of_a_study_that_was_not(house: House, views: Views) -> None:
    refused(house)
    text = "\n".join(tell(views, STUDY))
    assert "refused. Not analysed: out of scope." in text
    assert "Only one energy is there" in text


def test_why_of_a_study_that_never_came_names_who_was_rejected(house: House, views: Views) -> None:
    house.receiver.peer_rejected(contact(calling="PACS_STORE"), "Unknown AE title 'PACS_STORE'.")
    text = "\n".join(tell(views, "9.9"))
    assert "Nothing of study 9.9" in text
    assert "Unknown AE title 'PACS_STORE'." in text
    assert "There is no job 7" in tell(views, "7")[0]


def test_why_shows_what_was_quarantined(house: House, views: Views) -> None:
    image = next(iter(pair_of_series(STUDY)))
    house.receive([image])
    house.intake.accept(received(type(image)(**{**image.__dict__, "value": 999})))
    house.assembly.run_once()
    assert f"Quarantined (conflict) {image.uid}" in tell(views, STUDY)[-1]
    assert len(views.quarantined()) == 1


def test_images_that_come_again_are_told(house: House, views: Views) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert not [line for line in tell(views, STUDY) if "again" in line]
    house.clock.advance(3600)
    house.receive(pair_of_series(STUDY), association="a2")
    house.settle()
    (line,) = (line for line in tell(views, STUDY) if "again" in line)
    story = views.story(STUDY)
    assert line == f"10 images came again unchanged, last at {story.last_repeat_at:%Y-%m-%d %H:%M:%S} UTC"
    assert (story.instances, story.repeats, len(story.revisions)) == (10, 10, 1)
    house.receive(list(pair_of_series(STUDY))[:1], association="a3")
    assert views.story(STUDY).repeats == 11
