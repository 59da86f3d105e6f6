"""A node without processes for the tests of its use cases: its journal, and what looks into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from node.store.revival import Revivals
from node.store.views import Views
from tests.fakes.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def views(house: House) -> Views:
    return Views(house.database)


@pytest.fixture
def revivals(house: House) -> Revivals:
    return Revivals(house.database)
