"""The tables of the conformance statement, made from the tables that are in force, and put into its text.

A statement is Markdown with empty or old tables between ``<!-- table NAME -->`` and ``<!-- end -->``.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydicom.uid import UID

from node.dicom import sop_classes, statuses
from node.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from node.dicom.objects.codes import BONE_SOURCE, BONES, Concept
from node.domain.errors import Defect
from node.net.requestor import RequestorOptions
from node.net.scp import ReceiverOptions

_BLOCK = re.compile(r"(<!-- table (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class LiveConfiguration:
    """What differs from site to site; the defaults are those of a node without a configuration file.

    ``peers`` are rows of name, AE title, address and role.
    """

    ae_title: str = "CALCINODE"
    port: int = 11112
    open_to_all: bool = False
    peers: tuple[tuple[str, str, str, str], ...] = ()
    receiver: ReceiverOptions = field(default_factory=ReceiverOptions)
    requestor: RequestorOptions = field(default_factory=RequestorOptions)


def with_tables(statement: str, live: LiveConfiguration | None = None) -> str:
    """The statement with every table made anew. Raises Defect on a table that nobody makes."""
    tables = _tables(live or LiveConfiguration())

    def fill(block: re.Match[str]) -> str:
        name = block["name"]
        if name not in tables:
            raise Defect(f"The conformance statement wants a table {name!r}, known are {', '.join(tables)}.")
        return f"{block[1]}\n{tables[name]()}\n{block[3]}"

    return _BLOCK.sub(fill, statement)


def _tables(live: LiveConfiguration) -> Mapping[str, Callable[[], str]]:
    return {
        "implementation": lambda: _implementation(live),
        "scp-classes": _scp_classes,
        "storage-classes": _storage_classes,
        "transfer-syntaxes": _transfer_syntaxes,
        "scu-classes": _scu_classes,
        "store-answers": _store_answers,
        "store-reactions": _store_reactions,
        "rejections": _rejections,
        "commitment-failures": _commitment_failures,
        "configuration": lambda: _configuration(live),
        "limits": lambda: _limits(live),
        "codes": _codes,
        "bone-codes": _bone_codes,
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _implementation(live: LiveConfiguration) -> str:
    rows = (
        ("Implementation Class UID", IMPLEMENTATION_CLASS_UID),
        ("Implementation Version Name", IMPLEMENTATION_VERSION_NAME),
        ("Maximum PDU length announced as acceptor", f"{live.receiver.maximum_pdu_bytes} bytes"),
        ("Application context", "1.2.840.10008.3.1.1.1"),
        ("Asynchronous operations", "not supported (one at a time)"),
    )
    return _table(("item", "value"), rows)


def _scp_classes() -> str:
    rows = [
        (UID(sop_classes.VERIFICATION).name, sop_classes.VERIFICATION, "SCP", "answered"),
        *((uid.name, uid, "SCP", "stored, indexed, analysed") for uid in sop_classes.ANALYSED_CLASSES),
        ("every other class of the list of storage classes below", "", "SCP", "stored and left alone"),
        (
            sop_classes.STORAGE_COMMITMENT_PUSH_MODEL.name,
            sop_classes.STORAGE_COMMITMENT_PUSH_MODEL,
            "SCU by role selection",
            "N-EVENT-REPORT is taken; N-ACTION is answered 0x0211",
        ),
    ]
    return _table(("SOP class", "UID", "role", "what happens"), rows)


def _storage_classes() -> str:
    def note(row: sop_classes.StorageClass) -> str:
        return ", ".join(word for word, is_so in (("retired", row.retired), ("private", row.private)) if is_so)

    rows = ((row.name, row.uid, note(row)) for row in sop_classes.STORAGE_CLASSES)
    return _table(("storage SOP class", "UID", "note"), rows)


def _transfer_syntaxes() -> str:
    def use(uid: UID) -> str:
        if uid in sop_classes.LOSSY_SYNTAXES:
            return "stored, refused for measurement"
        if uid in sop_classes.EITHER_SYNTAXES:
            return "stored, measured where (0028,2110) is 00"
        return "stored, measured"

    rows = ((uid.name, uid, use(uid)) for uid in sop_classes.ACCEPTED_SYNTAXES)
    return _table(("transfer syntax, in order of preference", "UID", "use"), rows)


def _scu_classes() -> str:
    both = ", ".join(uid.name for uid in sop_classes.UNCOMPRESSED_SYNTAXES)
    rows = [
        *((uid.name, uid, "C-STORE", both) for uid in sop_classes.EMITTED_CLASSES),
        ("any storage class, by the command `send`", "", "C-STORE", "the file's own; uncompressed: " + both),
        (
            sop_classes.STORAGE_COMMITMENT_PUSH_MODEL.name,
            sop_classes.STORAGE_COMMITMENT_PUSH_MODEL,
            "N-ACTION",
            both,
        ),
        (sop_classes.VERIFICATION.name, sop_classes.VERIFICATION, "C-ECHO", UID("1.2.840.10008.1.2").name),
    ]
    return _table(("SOP class", "UID", "operation", "transfer syntaxes proposed"), rows)


def _store_answers() -> str:
    rows = ((f"0x{row.code:04X}", row.meaning, row.when) for row in statuses.STORE_ANSWERS)
    return _table(("status", "meaning", "when this node answers so"), rows)


def _store_reactions() -> str:
    """Runs of status codes with the same consequence."""
    rows: list[list[object]] = []
    for code in range(0x10000):
        reaction = _reaction(code)
        if rows and rows[-1][2] == reaction:
            rows[-1][1] = f"0x{code:04X}"
        else:
            rows.append([f"0x{code:04X}", f"0x{code:04X}", reaction])
    return _table(("from", "to", "what this node does"), rows)


def _reaction(code: int) -> str:
    if statuses.is_success(code):
        return "delivered"
    return "not sent again, shown to the administrator" if statuses.is_permanent(code) else "sent again later"


def _rejections() -> str:
    rows = ((row.result, row.source, row.reason, row.meaning, row.when) for row in statuses.REJECTIONS)
    return _table(("result", "source", "reason", "meaning", "when this node rejects so"), rows)


def _commitment_failures() -> str:
    rows = ((f"0x{row.code:04X}", row.meaning, row.when) for row in statuses.COMMITMENT_FAILURES)
    return _table(("failure reason", "meaning", "what this node does"), rows)


def _configuration(live: LiveConfiguration) -> str:
    rows = [
        ("AE title", live.ae_title),
        ("port", live.port),
        ("unknown peers", "accepted (open node)" if live.open_to_all else "rejected and recorded"),
        *((f"peer {name}", f"{title}, {address}, {role}") for name, title, address, role in live.peers),
    ]
    return _table(("parameter", "value"), rows)


def _limits(live: LiveConfiguration) -> str:
    receiver, requestor = live.receiver, live.requestor
    rows = (
        ("associations at once, each receiver process", receiver.maximum_associations),
        ("largest message accepted", f"{receiver.maximum_message_bytes} bytes"),
        ("wait for the association request", f"{receiver.association_timeout_s:g} s"),
        ("idle association ended after", f"{receiver.idle_timeout_s:g} s"),
        ("as requestor: wait for the connection", f"{requestor.connection_timeout_s:g} s"),
        ("as requestor: wait for the answer to the association request", f"{requestor.association_timeout_s:g} s"),
        ("as requestor: wait for the answer to a message", f"{requestor.response_timeout_s:g} s"),
    )
    return _table(("limit", "value"), rows)


def _codes() -> str:
    rows = ((c.code.meaning, c.code.value, c.code.scheme_designator, c.source) for c in Concept)
    return _table(("meaning", "code", "scheme", "source"), rows)


def _bone_codes() -> str:
    rows = ((code.meaning, code.value, code.scheme_designator) for code in BONES.values())
    return f"Source: {BONE_SOURCE}.\n\n" + _table(("bone", "code", "scheme"), rows)
