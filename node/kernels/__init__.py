"""Compiled loops, one algorithm a file. Pure, C-order, outputs allocated by the caller, no exceptions."""
