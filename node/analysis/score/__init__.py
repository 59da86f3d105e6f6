"""The SCTC-style score of a hand, read from a synthetic radiograph."""
