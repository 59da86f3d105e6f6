"""How this implementation names itself on the wire and in files (PS3.7 D.3.3.2, PS3.10 7.1)."""

from node import __version__

# A UUID drawn once for this project, in the form of PS3.5 B.2; never changes
IMPLEMENTATION_CLASS_UID = "2.25.277949365321443978049479989337917285901"
# SH, at most 16 characters
IMPLEMENTATION_VERSION_NAME = f"CALCINODE_{__version__}"[:16]
