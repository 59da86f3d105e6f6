"""Synthetic dual-energy hands with exact truth, as volumes: for the demo, the self-test and the tests."""

from node.phantom.spec import Deposit, Finger, Grid, Hand, Imaging, PhantomSpec, Place, Shape, Side, Substance
from node.phantom.study import Phantom, make
from node.phantom.truth import Truth

__all__ = [
    "Deposit",
    "Finger",
    "Grid",
    "Hand",
    "Imaging",
    "Phantom",
    "PhantomSpec",
    "Place",
    "Shape",
    "Side",
    "Substance",
    "Truth",
    "make",
]
