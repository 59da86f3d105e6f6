"""A worker gives its memory back when no study comes, and not between two studies."""

import threading

import node.kernels.memory
import pytest
from node.service.jobs import work


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once the memory was given back."""
    event = threading.Event()
    monkeypatch.setattr(node.kernels.memory, "give_memory_back", event.set)
    return event


def test_an_idle_worker_gives_its_memory_back(given_back: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "KEEPS_MEMORY_S", 0.0)
    work.Idleness().begin()
    assert given_back.wait(10.0)


def test_between_two_studies_memory_is_kept(given_back: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "KEEPS_MEMORY_S", 0.2)
    idleness = work.Idleness()
    idleness.end()
    idleness.begin()
    idleness.end()
    assert not given_back.wait(0.5)
