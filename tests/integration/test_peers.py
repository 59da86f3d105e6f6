"""The launchers of the real peers themselves."""

from collections.abc import Callable

import pytest
from tests.peers import Orthanc, StoreScp, run

pytestmark = pytest.mark.peer


def test_storescp_answers_an_echo_and_stops(start_storescp: Callable[..., StoreScp]) -> None:
    peer = start_storescp()
    assert run("echoscu", "127.0.0.1", str(peer.port)).returncode == 0
    assert peer.received() == []
    peer.stop()
    assert run("echoscu", "127.0.0.1", str(peer.port)).returncode != 0


def test_orthanc_answers_on_both_ports_and_knows_its_modalities(start_orthanc: Callable[..., Orthanc]) -> None:
    peer = start_orthanc(modalities={"NODE": ("CALCINODE", "127.0.0.1", 11112)})
    assert run("echoscu", "127.0.0.1", str(peer.port)).returncode == 0
    assert peer.get("/modalities") == ["NODE"]
    assert peer.sop_instance_uids() == []
