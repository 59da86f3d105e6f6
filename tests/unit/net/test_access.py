"""Who may open an association, and what the administrator is told."""

import pytest
from node.dicom.statuses import CALLED_AE_TITLE_NOT_RECOGNISED, CALLING_AE_TITLE_NOT_RECOGNISED
from node.domain.errors import Refused
from node.domain.peer import Peer
from node.net.access import AccessRules

CT = Peer("ct", "CT1", addresses=("10.1.0.0/16", "2001:db8::5"))
PACS = Peer("pacs", "PACS", sends=False)
RULES = AccessRules("CALCINODE", peers=(CT, PACS))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::5"])
def test_known_title_and_address_pass(address: str) -> None:
    assert RULES.refusal("CT1", "CALCINODE", address) is None
    assert RULES.may_store("CT1", address)


@pytest.mark.parametrize(("calling", "address"), [("CT2", "10.1.2.3"), ("CT1", "10.2.2.3"), ("ct1", "10.1.2.3")])
def test_unknown_title_or_address_is_refused(calling: str, address: str) -> None:
    refusal = RULES.refusal(calling, "CALCINODE", address)
    assert refusal is not None
    assert refusal.row == CALLING_AE_TITLE_NOT_RECOGNISED
    assert calling in refusal.sentence
    assert address in refusal.sentence


def test_wrong_called_title_names_both_titles() -> None:
    refusal = RULES.refusal("CT1", "ANY-SCP", "10.1.2.3")
    assert refusal is not None
    assert refusal.row == CALLED_AE_TITLE_NOT_RECOGNISED
    assert "ANY-SCP" in refusal.sentence
    assert "CALCINODE" in refusal.sentence


def test_a_receiving_peer_may_call_but_not_store() -> None:
    assert RULES.refusal("PACS", "CALCINODE", "192.0.2.1") is None
    assert not RULES.may_store("PACS", "192.0.2.1")


def test_an_open_node_lets_everybody_store() -> None:
    rules = AccessRules("CALCINODE", open_to_all=True)
    assert rules.refusal("ANYBODY", "CALCINODE", "192.0.2.1") is None
    assert rules.may_store("ANYBODY", "192.0.2.1")


@pytest.mark.parametrize("entry", ["10.0.0.300", "scanner.example", "10.0.0.0/33"])
def test_an_address_that_is_none_is_found_at_the_start(entry: str) -> None:
    with pytest.raises(Refused, match="is not an IP address or network"):
        AccessRules("CALCINODE", (Peer("ct", "CT1", addresses=(entry,)),))
