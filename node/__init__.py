"""Calcinode: a DICOM node that measures soft-tissue calcinosis in dual-energy CT of the hands.

Investigational software: not for primary diagnosis; results are unverified until a physician signs.
"""

__version__ = "0.1.0"
