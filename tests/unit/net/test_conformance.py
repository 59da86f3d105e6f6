"""The committed conformance statement says what the program does."""

from pathlib import Path

import pytest
from node.domain.errors import Defect
from node.net.conformance import LiveConfiguration, with_tables
from node.net.scp import ReceiverOptions

STATEMENT = Path(__file__).parents[3] / "conformance" / "statement.md"


def test_committed_tables_are_those_in_force() -> None:
    committed = STATEMENT.read_text(encoding="utf-8")
    assert with_tables(committed) == committed, "run: .venv/bin/python conformance/refresh.py"


def test_the_tables_hold_classes_statuses_and_codes() -> None:
    text = with_tables(STATEMENT.read_text(encoding="utf-8"))
    for expected in (
        "| CT Image Storage | 1.2.840.10008.5.1.4.1.1.2 | SCP | stored, indexed, analysed |",
        "| 1.2.840.10008.1.2.4.81 | stored, refused for measurement |",
        "| 1.2.840.10008.1.2.4.91 | stored, measured where (0028,2110) is 00 |",
        "| 0xA700 | Refused: out of resources |",
        "| 0xB000 | 0xBFFF | delivered |",
        "| 1 | 1 | 3 | calling AE title not recognised |",
        "| Pathologic calcification | 18115005 | SCT |",
    ):
        assert expected in text


def test_a_live_configuration_is_printed() -> None:
    live = LiveConfiguration("HANDS", 104, peers=(("ct", "CT1", "10.0.0.0/8", "sender"),))
    text = with_tables("<!-- table configuration -->\nold\n<!-- end -->", live)
    assert "| AE title | HANDS |" in text
    assert "| peer ct | CT1, 10.0.0.0/8, sender |" in text
    assert "old" not in text
    limits = with_tables("<!-- table limits -->\n<!-- end -->", LiveConfiguration(receiver=ReceiverOptions(7)))
    assert "| associations at once, each receiver process | 7 |" in limits


def test_a_table_that_nobody_makes_is_a_defect() -> None:
    with pytest.raises(Defect, match="wants a table 'nonsense'"):
        with_tables("<!-- table nonsense -->\n<!-- end -->")
