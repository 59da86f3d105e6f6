"""Results are sent once more, also to a destination that came after they were delivered."""

from dataclasses import replace
from pathlib import Path

import pytest
from node.bootstrap.observation import send_again
from node.domain.errors import Refused
from node.service.people.retry import DestinationsOf, Selection, resend
from node.settings import load
from node.store.revival import Revivals
from node.store.tables import jobs, outbox
from tests.fakes.ct import pair_of_series
from tests.fakes.house import PEER, House

STUDY = "1.2.3"


def delivered(house: House) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert house.deliveries() == ["committed"] * 2


def add_an_archive(house: House) -> DestinationsOf:
    """A second destination is named after a study was delivered, and the node restarted."""
    house.peers = (PEER, replace(PEER, name="archive"))
    house.make()
    return lambda _: ("pacs", "archive")


def test_a_destination_that_was_added_gets_what_was_delivered_before(house: House, revivals: Revivals) -> None:
    delivered(house)
    routed = add_an_archive(house)
    assert resend(revivals, Selection(destination="archive"), house.clock, routed) == 2
    assert house.states() == ["encoded"]
    assert [(row.destination, row.state) for row in house.rows(outbox)][2:] == [("archive", "pending")] * 2
    stores = house.pacs.stores
    house.work()
    assert (house.states(), house.deliveries()) == (["done"], ["committed"] * 4)
    assert house.pacs.stores == stores + 2, "the first has them already"
    assert house.rows(jobs)[0].reason == "Measured."


def test_resend_goes_to_the_old_destinations_and_to_the_new(house: House, revivals: Revivals) -> None:
    delivered(house)
    routed = add_an_archive(house)
    assert resend(revivals, Selection(job_id=1), house.clock, routed) == 4
    house.work()
    assert house.deliveries() == ["committed"] * 4
    assert resend(revivals, Selection(destination="archive"), house.clock, routed) == 2, "known by now"


def test_a_destination_that_no_route_leads_to_gets_nothing(house: House, revivals: Revivals) -> None:
    delivered(house)
    add_an_archive(house)
    with pytest.raises(Refused, match="No route leads the results of job 1 to archive") as error:
        resend(revivals, Selection(STUDY, destination="archive"), house.clock, lambda _: ("pacs",))
    assert error.value.hint == "Correct the routes, then `calcinode resend 1 --peer archive`."
    assert house.deliveries() == ["committed"] * 2


def test_a_new_destination_gets_the_latest_revision_alone(house: House, revivals: Revivals) -> None:
    images = list(pair_of_series(STUDY, slices=6))
    house.receive(image for image in images if image.position < 5)
    house.settle()
    house.receive((image for image in images if image.position >= 5), association="a2")
    house.settle()
    routed = add_an_archive(house)
    assert house.states() == ["done", "done"]
    assert resend(revivals, Selection(STUDY, destination="archive"), house.clock, routed) == 2
    assert [row.job_id for row in house.rows(outbox) if row.destination == "archive"] == [2, 2]


def configure(folder: Path, *routes: str) -> Path:
    """A configuration with two destinations."""
    peers = "".join(
        f'[peers.{name}]\nae_title = "{name}"\nhost = "127.0.0.1"\nport = 104\nroles = ["destination"]\n'
        for name in ("pacs", "archive")
    )
    path = folder / "calcinode.toml"
    path.write_text(f'[node]\ndata_folder = "{folder}"\n{peers}' + "".join(f"[[routes]]\n{r}\n" for r in routes))
    return path


@pytest.mark.parametrize(
    ("routes", "count"),
    [
        ((), 4),
        (('destinations = ["archive"]\ncalling_ae_title = "scan*"',), 4),
        (('destinations = ["archive"]\ncalling_ae_title = "OTHER"',), 2),
        (('destinations = ["archive"]\nstudy_description = "*foot*"', "keep = true"), 2),
    ],
)
def test_the_routes_of_the_configuration_lead_to_it(house: House, routes: tuple[str, ...], count: int) -> None:
    delivered(house)
    assert send_again(load(configure(house.folder, *routes)), Selection(STUDY)) == count
