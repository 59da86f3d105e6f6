"""Fixtures that more than one kind of test uses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.peers import Orthanc, Peer, StoreScp


@pytest.fixture
def start_peer() -> Iterator[Callable[[Peer], Peer]]:
    """Start any peer; all are stopped after the test."""
    with ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture
def start_orthanc(start_peer: Callable[[Any], Any], tmp_path: Path) -> Callable[..., Orthanc]:
    """``start_orthanc(**fields of Orthanc)``: a running Orthanc in a folder under ``tmp_path``."""

    def start(name: str = "orthanc", **fields: Any) -> Orthanc:
        peer: Orthanc = start_peer(Orthanc(tmp_path / name, **fields))
        return peer

    return start


@pytest.fixture
def start_storescp(start_peer: Callable[[Any], Any], tmp_path: Path) -> Callable[..., StoreScp]:
    """``start_storescp(**fields of StoreScp)``: a running storescp in a folder under ``tmp_path``."""

    def start(name: str = "storescp", **fields: Any) -> StoreScp:
        peer: StoreScp = start_peer(StoreScp(tmp_path / name, **fields))
        return peer

    return start
