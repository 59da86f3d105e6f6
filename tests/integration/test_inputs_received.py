"""Every way in which a study may come in, over the whole way: received, stored, indexed, paired, analysed, delivered.

The analysis is a simple one, whose findings hang on every voxel and its place; what the real one makes of other
energies and grids is in ``test_inputs_findings``.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from node.analysis import pipeline
from node.domain.pairing import PairingOutcome
from node.domain.peer import Peer
from node.domain.volume import EnergyPair, Tube
from node.net.access import AccessRules
from node.net.listener import open_listener
from node.net.scp import Receiver, ReceiverOptions
from node.net.scu import NetworkSender
from node.service.jobs.work import process_task
from node.service.ports import Closing, Parcel, Received
from node.service.study.analyse import analyse_folder
from node.service.study.parameters import Parameters
from node.store.tables import jobs
from pydicom import Dataset, dcmread
from tests.fakes import variants
from tests.fakes.brightness import by_brightness
from tests.fakes.ct import contact
from tests.fakes.house import House
from tests.fakes.inputs import REFUSED, SAME, padded
from tests.fakes.ports import FakeCommitmentInbox
from tests.fakes.variants import HIGH, IDENTITY, LOW, Group, plain, series, volume

ASSOCIATION = contact("a1")
Points = list[list[float]]


@dataclass(frozen=True, eq=False)
class Delivered:
    """``findings.json``, Segmentation and report as the PACS holds them, and the ``sources`` by SOP Instance UID."""

    findings: dict[str, Any]
    segmentation: Dataset
    report: Dataset
    sources: dict[str, Dataset]

    @property
    def hands(self) -> list[dict[str, Any]]:
        """What is said, but for the names of images."""
        hands: list[dict[str, Any]] = json.loads(json.dumps(self.findings["hands"]))
        for deposit in (d for hand in hands for d in hand["deposits"]):
            del deposit["tracking_uid"], deposit["key_sop_instance_uid"]
        return hands

    def corner_mm(self, uid: str, frame: int) -> list[float]:
        """Image Position (Patient) of a source image, or of a frame of it (from 1)."""
        source = self.sources[uid]
        if "PerFrameFunctionalGroupsSequence" in source:
            source = source.PerFrameFunctionalGroupsSequence[frame - 1].PlanePositionSequence[0]
        return [float(v) for v in source.ImagePositionPatient]

    @property
    def key_mm(self) -> Points:
        """Corners of the planes on which the report outlines each deposit."""
        return [self.corner_mm(*image_of(i)) for i in outlined(self.report)]

    def voxels_mm(self, segment: int) -> Points:
        """Where (LPS mm) a viewer shows the voxels of a segment."""
        shared = self.segmentation.SharedFunctionalGroupsSequence[0]
        spacing = np.array(shared.PixelMeasuresSequence[0].PixelSpacing, float)
        axes = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
        found = []
        for groups, plane in zip(
            self.segmentation.PerFrameFunctionalGroupsSequence, self.segmentation.pixel_array, strict=True
        ):
            if groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber == segment:
                corner = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
                (reference,) = groups.DerivationImageSequence[0].SourceImageSequence
                assert self.corner_mm(*image_of(reference)) == pytest.approx(corner.tolist(), abs=1e-4)
                rows, columns = np.nonzero(plane)
                found.append(corner + np.outer(rows, axes[1] * spacing[0]) + np.outer(columns, axes[0] * spacing[1]))
        return in_order(np.concatenate(found))


def image_of(reference: Dataset) -> tuple[str, int]:
    return reference.ReferencedSOPInstanceUID, int(reference.get("ReferencedFrameNumber", 1))


def outlined(item: Dataset, *, outline: bool = False) -> Iterator[Dataset]:
    """References to the images that outlines (SCOORD) of the content tree are drawn on."""
    if outline and item.get("ValueType") == "IMAGE":
        yield from item.ReferencedSOPSequence
    for child in item.get("ContentSequence", ()):
        yield from outlined(child, outline=item.get("ValueType") == "SCOORD")


def in_order(points: np.ndarray) -> Points:
    rounded = np.round(points, 2) + 0.0
    return [list(p) for p in sorted(map(tuple, rounded.tolist()))]


@pytest.fixture(autouse=True)
def _simple_analysis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pipeline, "analyse", by_brightness)
    return


Send = Callable[[House, Group], None]


def handed_over(house: House, study: Group) -> None:
    """Each instance as bytes to the intake, as the receiver does."""
    house.receiver.association_opened(ASSOCIATION)
    for dataset in study:
        buffer = BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        command = (str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), syntax)
        house.intake.accept(Received(ASSOCIATION, *command, [buffer.getvalue()]))
    house.receiver.association_closed(ASSOCIATION.association_id, Closing.RELEASED)


def over_an_association(house: House, study: Group) -> None:
    """By C-STORE over a socket, each in its own class and transfer syntax."""
    listener, stop = open_listener("127.0.0.1", 0), Event()
    access = AccessRules("CALCINODE", open_to_all=True)
    receiver = Receiver(access, house.intake, house.receiver, FakeCommitmentInbox(), ReceiverOptions())
    serving = Thread(target=receiver.serve, args=(listener, stop))
    serving.start()
    folder = variants.write(house.folder / "sent", study)
    parcels = [
        Parcel(d.SOPClassUID, d.SOPInstanceUID, d.file_meta.TransferSyntaxUID, path)
        for d, path in zip(study, sorted(folder.iterdir()), strict=True)
    ]
    peer = Peer("node", "CALCINODE", "127.0.0.1", listener.getsockname()[1], receives=True)
    results = NetworkSender("SCANNER").send(peer, parcels)  # pynetdicom's own loses an answer now and then
    stop.set()
    serving.join(20)
    assert {result.status for result in results} == {0x0000}
    assert not serving.is_alive()


def received(folder: Path, study: Group, parameters: Parameters | None = None, send: Send = handed_over) -> House:
    """A node that was sent the study and did all it can."""
    chosen = parameters or Parameters()
    folder.mkdir(exist_ok=True)
    house = House(folder, process=partial(process_task, chosen), allow_monoenergetic=chosen.allow_monoenergetic)
    send(house, study)
    for seconds in (4, 60, 900):
        house.assembly.run_once()
        house.clock.advance(seconds)
        house.work()
    return house


def delivered(folder: Path, study: Group, parameters: Parameters | None = None, send: Send = handed_over) -> Delivered:
    house = received(folder, study, parameters, send)
    assert house.states() == ["done"], house.rows(jobs)[-1].explanation
    assert set(house.deliveries()) == {"committed"}
    files = {row.file_name: house.blobs.path(row.blob).read_bytes() for row in house.results()}
    findings = json.loads(files["findings.json"])
    held = {r.file_name: dcmread(BytesIO(house.pacs.held[r.sop_instance_uid])) for r in house.results()[:2]}
    sources = {d.SOPInstanceUID: d for d in study}
    house.database.close()
    return Delivered(findings, held["seg.dcm"], held["sr.dcm"], sources)


@pytest.fixture(scope="module")
def truth() -> EnergyPair:
    return EnergyPair(volume(0), volume(1), LOW.tube, HIGH.tube)


def assert_at_their_places(found: Delivered, pair: EnergyPair) -> None:
    """Deposits, Segmentation and key images where the bright voxels of ``pair`` are."""
    analysis = by_brightness(pair)
    assert len(analysis.findings.deposits) == 2
    named = [d["key_sop_instance_uid"] for hand in found.findings["hands"] for d in hand["deposits"]]
    assert named == [image_of(i)[0] for i in outlined(found.report)]
    keys = pair.geometry.to_lps_mm(np.array([[d.key_slice, 0.0, 0.0] for d in analysis.findings.deposits]))
    np.testing.assert_allclose(found.key_mm, keys, atol=1e-4)
    said = [d for hand in found.hands for d in hand["deposits"]]
    for deposit, told in zip(analysis.findings.deposits, said, strict=True):
        assert told["volume_mm3"] == pytest.approx(deposit.volume_mm3, abs=0.001)
        assert told["centroid_lps_mm"] == pytest.approx(deposit.centroid_lps_mm, abs=0.001)
        for name in ("mean_low_hu", "mean_high_hu", "sd_low_hu", "max_low_hu"):
            assert told[name] == pytest.approx(getattr(deposit, name), abs=0.001)
        voxels = pair.geometry.to_lps_mm(np.argwhere(analysis.segments == deposit.number).astype(float))
        np.testing.assert_allclose(found.voxels_mm(deposit.number), in_order(voxels), atol=0.011)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "analyse", by_brightness)
        return delivered(tmp_path_factory.mktemp("usual"), plain())


PADDED = {f"padding, {n}": lambda s=s: padded(signed=s) for n, s in (("unsigned", False), ("signed", True))}


@pytest.mark.parametrize("name", [*SAME, *PADDED])
def test_the_same_findings(tmp_path: Path, name: str, usual: Delivered, truth: EnergyPair) -> None:
    found = delivered(tmp_path, (SAME | PADDED)[name]())
    assert found.hands == usual.hands
    assert_at_their_places(found, truth)
    for role, tube in (("low", LOW.tube), ("high", HIGH.tube)):
        told = found.findings["input"][role]
        assert (told["kvp"], told["filter"]) == (tube.kvp, "SN" if tube.has_tin else None)


ON_THE_WIRE = [n for n in SAME if n.startswith(("plain", "syntax", "enhanced", "legacy", "shuffled", "a mixed"))]


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_the_same_findings_by_c_store(tmp_path: Path, name: str, usual: Delivered, truth: EnergyPair) -> None:
    """What the network may do to a study: every transfer syntax, class and order, by C-STORE."""
    found = delivered(tmp_path, SAME[name](), send=over_an_association)
    assert found.hands == usual.hands
    assert_at_their_places(found, truth)


@pytest.mark.parametrize("turn", variants.TURNS, ids=lambda t: t.position)
@pytest.mark.parametrize("oblique_degrees", [0.0, 20.0])
def test_findings_lie_where_the_patient_lies(tmp_path: Path, turn: variants.Turn, oblique_degrees: float) -> None:
    angle = np.radians(oblique_degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    rotation = about_x @ np.asarray(turn.rotation, dtype=np.float64)
    matrix = variants.affine(rotation, origin_mm=tuple(np.array([0.0, 0.0, 105.0]) - rotation @ [8.75, 9.75, 5.5]))
    identity = replace(IDENTITY, patient_position=turn.position)
    low, high = volume(0, matrix), volume(1, matrix)
    found = delivered(tmp_path, series(low, LOW, identity) + series(high, HIGH, identity))
    assert_at_their_places(found, EnergyPair(low, high, LOW.tube, HIGH.tube))


def monoenergetic() -> Group:
    styles = (
        replace(s, tube=Tube(None, kev=e), description=f"MonoE {e:g}keV", image_type=("DERIVED", "SECONDARY", "VMI"))
        for s, e in ((LOW, 50.0), (HIGH, 100.0))
    )
    return plain(*styles)


def test_monoenergetic_where_configured(tmp_path: Path, usual: Delivered) -> None:
    found = delivered(tmp_path / "on", monoenergetic(), Parameters(allow_monoenergetic=True))
    assert found.hands == usual.hands
    assert [found.findings["input"][role]["kev"] for role in ("low", "high")] == [50.0, 100.0]
    assert "allow_monoenergetic" in refusal_of(received(tmp_path / "off", monoenergetic()), "refused")


def refusal_of(house: House, state: str) -> str:
    """The reasons in the journal; nothing was sent."""
    assert house.states() == [state]
    assert house.pacs.stores == 0
    reasons = house.rows(jobs)[0].explanation["reasons"]
    house.database.close()
    return " ".join(f"{r['sentence']} {r['hint']}" for r in reasons)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    """The same in the journal of a node and in the folder of a person."""
    refusal = REFUSED[name]
    late = refusal.outcome is PairingOutcome.INCOMPLETE
    said = refusal_of(received(tmp_path / "node", refusal.study()), "incomplete" if late else "refused")
    result = analyse_folder(variants.write(tmp_path / "in", refusal.study()), tmp_path / "out", Parameters())
    assert [path.name for path in result.files] == ["findings.json"]
    findings = json.loads(result.files[0].read_text())
    assert (findings["outcome"], findings["hands"]) == ("refused", [])
    written = " ".join(findings["reasons"])
    assert refusal.says in said
    assert refusal.says in written
    assert refusal.do in said
    assert ("Add the missing files" if late else refusal.do) in written
