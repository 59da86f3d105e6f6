"""Phantoms and cases, whose truth is known: made, kept, scored, compared."""
