"""How a long piece of work tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told the name of a step, and how much of it is done, from 0 to 1."""
