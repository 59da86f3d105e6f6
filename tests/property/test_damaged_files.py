"""Whatever the bytes, reading a header gives an instance or a refusal: nothing else may reach the receiver."""

import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.dicom.reading.header import read_instance
from node.domain.errors import Refused
from node.domain.instance import Instance
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless
from tests.ct_builder import HIGH, LOW, but, datasets, enhanced, write


class Originals(list[bytes]):
    """Files that print short when a test fails."""

    def __repr__(self) -> str:
        return f"{len(self)} files"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    """A file of each encoding."""
    folder = tmp_path_factory.mktemp("originals")
    small = but(LOW, shape=(3, 16, 16))
    found = [datasets(small)[0], datasets(but(small, syntax=ImplicitVRLittleEndian))[0]]
    found += [datasets(but(small, syntax=DeflatedExplicitVRLittleEndian))[0], datasets(small)[0]]
    found[3].compress(JPEGLSLossless, generate_instance_uid=False)
    found.append(enhanced([LOW, HIGH]))
    return Originals(write(folder / str(n), [d])[0].read_bytes() for n, d in enumerate(found))


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 4), chance=st.randoms(use_true_random=False), changes=st.integers(1, 6))
def test_damage_is_read_or_refused(
    originals: Originals, tmp_path: Path, which: int, chance: random.Random, changes: int
) -> None:
    data = bytearray(originals[which])
    for _ in range(changes):
        at = chance.randrange(132, min(len(data), 2500))
        if chance.random() < 0.2:
            del data[at : at + chance.randrange(1, 40)]
        else:
            data[at] = chance.choice([0, 255, 92, 46, chance.randrange(256)])
    path = tmp_path / "damaged.dcm"
    path.write_bytes(data)
    with contextlib.suppress(Refused):
        assert isinstance(read_instance(path), Instance)
