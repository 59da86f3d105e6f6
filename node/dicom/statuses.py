"""Status codes and reasons on the wire, one table each. The SCP answers from them, the SCU reads them, and the
conformance statement prints them.

Sources: PS3.7 Annex C (general), PS3.4 table B.2-1 (C-STORE), PS3.3 C.14.1.1 (failure reasons), PS3.8 table 9-21
(rejection).
"""

from dataclasses import dataclass

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
NO_SUCH_INSTANCE = 0x0112
CLASS_NOT_SUPPORTED = 0x0122
NOT_AUTHORISED = 0x0124
OUT_OF_RESOURCES = 0xA700
DATASET_MISMATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000

# (0000,0902) Error Comment is LO
ERROR_COMMENT_LENGTH = 64


@dataclass(frozen=True)
class Row:
    """One row of a table: the code, its name in the standard, and when this node uses it or what it makes of it."""

    code: int
    meaning: str
    when: str


STORE_ANSWERS = (
    Row(SUCCESS, "Success", "stored durably (file and folder synced, journal row committed), or an exact duplicate"),
    Row(OUT_OF_RESOURCES, "Refused: out of resources", "the disk watermark or the quota is reached; send again later"),
    Row(
        DATASET_MISMATCH,
        "Error: data set does not match SOP class",
        "SOP class or instance UID differ from the command",
    ),
    Row(CANNOT_UNDERSTAND, "Error: cannot understand", "not parsable, UIDs missing, or a known UID with other content"),
    Row(
        CLASS_NOT_SUPPORTED,
        "Refused: SOP class not supported",
        "the class is not of the accepted presentation context",
    ),
    Row(NOT_AUTHORISED, "Refused: not authorised", "the peer is known and may not store"),
    Row(PROCESSING_FAILURE, "Failure: processing failure", "a fault of this node; send again"),
)


@dataclass(frozen=True)
class RejectionRow:
    """A row of PS3.8 table 9-21: result (1 permanent, 2 transient), source and reason of A-ASSOCIATE-RJ."""

    result: int
    source: int
    reason: int
    meaning: str
    when: str


CALLING_AE_TITLE_NOT_RECOGNISED = RejectionRow(
    1, 1, 3, "calling AE title not recognised", "the AE title or its address is not on the list of peers"
)
CALLED_AE_TITLE_NOT_RECOGNISED = RejectionRow(
    1, 1, 7, "called AE title not recognised", "the peer calls this node by another AE title"
)
LOCAL_LIMIT_EXCEEDED = RejectionRow(2, 3, 2, "local limit exceeded", "more associations than configured are open")
REJECTIONS = (CALLING_AE_TITLE_NOT_RECOGNISED, CALLED_AE_TITLE_NOT_RECOGNISED, LOCAL_LIMIT_EXCEEDED)

COMMITMENT_FAILURES = (
    Row(0x0110, "Processing failure", "asked again after a while"),
    Row(0x0112, "No such object instance", "sent again, then asked again"),
    Row(0x0119, "Class / instance conflict", "shown to the administrator"),
    Row(0x0122, "Referenced SOP class not supported", "shown to the administrator"),
    Row(0x0131, "Duplicate transaction UID", "asked again under a new transaction UID"),
    Row(0x0213, "Resource limitation", "asked again after a while"),
)


def is_success(status: int) -> bool:
    """Success and warnings (PS3.7 C.1.1, C.1.3): the peer has the object."""
    return status == SUCCESS or status in (0x0001, 0x0107, 0x0116) or 0xB000 <= status <= 0xBFFF


def is_permanent(status: int) -> bool:
    """Failures that say something of the object or of our rights: the same request gets the same answer.

    All other failures may be cured by another try: want of resources, a processing failure, a code we do not know.
    """
    general = (0x0105, 0x0106, 0x0111, 0x0115, 0x0117, 0x0118, 0x0119, 0x0120, 0x0121, 0x0122, 0x0124, 0x0211, 0x0212)
    return status in general or 0xA800 <= status <= 0xA9FF or 0xC000 <= status <= 0xCFFF


def store_meaning(status: int) -> str:
    """What a C-STORE status says, in words, for any code."""
    known = {row.code: row.meaning for row in STORE_ANSWERS}
    if status in known:
        return known[status]
    ranges = (
        (0xA700, 0xA7FF, OUT_OF_RESOURCES),
        (0xA900, 0xA9FF, DATASET_MISMATCH),
        (0xC000, 0xCFFF, CANNOT_UNDERSTAND),
    )
    for first, last, code in ranges:
        if first <= status <= last:
            return known[code]
    return "Warning" if is_success(status) else "Failure"
