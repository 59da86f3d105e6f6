"""Deterministic UIDs: a study analysed again by the same version and configuration gives the same objects.

A UID is ``2.25.`` and the decimal of a UUID (PS3.5 B.2); the UUID is of version 8 (RFC 9562: name-based, our own
digest), from SHA-256 over the parts, each with its length so that no two lists of parts join to the same text.
"""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


def digest(parts: Iterable[str | bytes]) -> bytes:
    """SHA-256 (32 bytes) of ``parts``, each preceded by its length in bytes."""
    return hashlib.sha256(_framed(parts)).digest()


def _framed(parts: Iterable[str | bytes]) -> bytes:
    encoded = (part.encode() if isinstance(part, str) else part for part in parts)
    return b"".join(b"%d:%b" % (len(data), data) for data in encoded)


def uid_of(*parts: str | bytes) -> str:
    """The UID that belongs to these parts, at most 44 characters."""
    return _uid_from(digest(parts))


def _uid_from(digest_: bytes) -> str:
    number = int.from_bytes(digest_[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76  # version 8
    number = number & ~(0x3 << 62) | 2 << 62  # variant of RFC 9562
    return f"2.25.{uuid.UUID(int=number).int}"


@dataclass(frozen=True)
class Origin:
    """What a result was made from: it decides the UIDs.

    ``inputs`` are (SOP Instance UID, content digest) of every analysed instance, in any order.
    """

    inputs: tuple[tuple[str, str], ...]
    algorithm_version: str
    configuration_digest: str

    def uid(self, role: str, *content: str | bytes) -> str:
        """UID of the object or series with this role.

        ``content`` is whatever else decides the bytes, so that changed content never stands under an old UID.
        """
        own = _framed(("calcinode", self.algorithm_version, self.configuration_digest, role, *content))
        return _uid_from(hashlib.sha256(own + self._framed_inputs).digest())

    @cached_property
    def _framed_inputs(self) -> bytes:
        return _framed(text for pair in sorted(self.inputs) for text in pair)

    def tracking_uid(self, number: int) -> str:
        """Tracking UID of the deposit with this number, the same in SEG, SR and ``findings.json``."""
        return self.uid(f"tracking/{number}")


def tracking_identifier(number: int) -> str:
    """Tracking ID of the deposit with this number, for people."""
    return f"Deposit {number}"
