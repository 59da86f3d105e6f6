"""The receiver is a process of its own that stays light: it takes images, and compiles and decodes nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from tests import peers
from tests.node_process import wait_until

SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from node.bootstrap.parts import data_folder, database_of
from node.bootstrap.receiver import receiver
from node.bootstrap.supervisor import Supervisor
from node.net.listener import open_listener
from node.settings import NodeSettings, Settings
from node.store.schema import migrate

def spied(settings, listener, path, stop, ready):
    receiver(settings, 0, listener, stop, ready)
    path.write_text("\\n".join(sys.modules))

if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(node=NodeSettings(host="127.0.0.1", port=port, data_folder=folder / "state", open=True))
    data_folder(settings)
    migrate(database_of(settings))
    listener = open_listener("127.0.0.1", port)
    Supervisor({"receiver": partial(spied, settings, listener, folder / "modules")}, (folder / "ready").touch).run()
"""

# pydicom itself loads whichever decoders are installed; ours is to call none of them
HEAVY = ("numba", "llvmlite", "scipy", "highdicom", "edt")
OURS = (
    "node.kernels",
    "node.analysis",
    "node.render",
    "node.phantom",
    "node.dicom.reading.pixels",
    "node.dicom.reading.decoding",
)


@pytest.mark.peer
def test_the_receiver_loads_neither_compiler_nor_analysis(tmp_path: Path) -> None:
    image = tmp_path / "image.dcm"
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.SamplesPerPixel = 2, 2, 16, 1
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    dataset.PhotometricInterpretation, dataset.PixelData = "MONOCHROME2", bytes(8)
    dataset.save_as(image, enforce_file_format=True)
    script = tmp_path / "spy.py"
    script.write_text(SCRIPT)
    port = peers.free_port()

    process = subprocess.Popen([sys.executable, str(script), str(tmp_path), str(port)])
    wait_until((tmp_path / "ready").exists, "the receiver is ready")
    sent = peers.run("storescu", "-aec", "CALCINODE", "127.0.0.1", str(port), image)
    process.terminate()
    assert process.wait(60) == 0

    assert sent.returncode == 0, sent.stdout
    modules = set((tmp_path / "modules").read_text().split())
    assert "pynetdicom" in modules
    assert not modules & {*HEAVY, *OURS}
