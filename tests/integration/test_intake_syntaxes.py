"""One image stored twice in different transfer syntaxes is no conflict; other pixels are."""

from pathlib import Path

import pytest
from node.dicom.reading.header import read_instance
from node.service.ports import Contact, IntakeOutcome, Received
from node.service.receiving.intake import StoringIntake
from node.store.arrivals import ReceiverRows
from node.store.blobs import Blobs
from node.store.database import Database
from node.store.schema import migrate
from node.store.tables import instances
from pydicom.dataset import FileDataset
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless
from sqlalchemy import select
from tests.ct_builder import LOW, but, datasets, write
from tests.fakes.clock import FakeClock

CONTACT = Contact("a1", "CT99", "CALCINODE", "127.0.0.1")


def received(folder: Path, dataset: FileDataset) -> Received:
    """The dataset as it comes from the network."""
    (path,) = write(folder, [dataset])
    meta = dataset.file_meta
    syntax = str(meta.TransferSyntaxUID)
    return Received(CONTACT, str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), syntax, [path.read_bytes()])


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless], ids=lambda s: s.name)
def test_resend_in_another_syntax(tmp_path: Path, syntax: str) -> None:
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    migrate(database)
    arrivals = ReceiverRows(database, "receiver-0", FakeClock())
    intake = StoringIntake(Blobs(tmp_path / "blobs"), arrivals, read_instance, FakeClock())
    arrivals.association_opened(CONTACT)
    series = but(LOW, shape=(1, 40, 36))
    plain, compressed, other = (datasets(series)[0] for _ in range(3))
    compressed.compress(syntax, generate_instance_uid=False)
    other.PixelData = other.PixelData[:-2] + b"\7\7"
    other.compress(syntax, generate_instance_uid=False)
    assert intake.accept(received(tmp_path / "a", plain)) is IntakeOutcome.STORED
    assert intake.accept(received(tmp_path / "b", compressed)) is IntakeOutcome.DUPLICATE
    assert intake.accept(received(tmp_path / "c", other)) is IntakeOutcome.CONFLICT
    with database.read() as connection:
        assert connection.execute(select(instances.c.repeats)).scalar_one() == 1
    database.close()
