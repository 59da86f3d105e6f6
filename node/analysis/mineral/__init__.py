"""Steps 4 and 6: what may be a deposit, of calcium or of urate, beyond the usual surface of the bones."""
