"""C-STORE as SCU: encoded objects go out as they are, over one association.

One presentation context a (class, transfer syntax). Where the peer accepts only another uncompressed syntax, the
object is re-encoded for it, and only then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import cast

import pydicom
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContext, build_context

from node.dicom.part10 import dataset_offset
from node.dicom.sop_classes import UNCOMPRESSED_SYNTAXES, name_of
from node.dicom.statuses import SUCCESS, is_permanent, is_success, store_meaning
from node.domain.errors import Refused
from node.domain.peer import Peer
from node.net.requestor import MAXIMUM_CONTEXTS, RequestorAssociation, RequestorOptions, open_association
from node.service.ports import Parcel, SendResult

# What may be re-encoded without touching pixels
_CONVERTIBLE = (*UNCOMPRESSED_SYNTAXES, DeflatedExplicitVRLittleEndian)
_MEDIUM_PRIORITY = 0x0000


@dataclass(frozen=True)
class NetworkSender:
    """Implements ``ports.Sender``."""

    calling_ae_title: str
    options: RequestorOptions = field(default_factory=RequestorOptions)

    def send(self, peer: Peer, parcels: Sequence[Parcel]) -> Sequence[SendResult]:
        """One result a parcel, in order. Raises Transient where no association came about, Refused without host."""
        results: list[SendResult] = []
        for batch in _batches(parcels):
            results.extend(self._send_batch(peer, batch))
        return results

    def _send_batch(self, peer: Peer, parcels: Sequence[Parcel]) -> Sequence[SendResult]:
        contexts = [build_context(UID(sop_class), UID(syntax)) for sop_class, syntax in _proposals(parcels)]
        with open_association(peer, self.calling_ae_title, contexts, self.options) as association:
            return [_send_one(association, peer, parcel, number) for number, parcel in enumerate(parcels)]


def _proposals(parcels: Iterable[Parcel]) -> list[tuple[str, str]]:
    """The (class, syntax) pairs to propose, each once."""
    return list(dict.fromkeys((parcel.sop_class_uid, syntax) for parcel in parcels for syntax in _syntaxes(parcel)))


def _syntaxes(parcel: Parcel) -> list[str]:
    """In which an object can be sent: its own, then its fallbacks."""
    own = parcel.transfer_syntax_uid
    return [own, *(str(syntax) for syntax in (UNCOMPRESSED_SYNTAXES if own in _CONVERTIBLE else ()))]


def _batches(parcels: Sequence[Parcel]) -> Iterator[Sequence[Parcel]]:
    """All parcels at once, or cut where an association would run out of context identifiers."""
    batch: list[Parcel] = []
    for parcel in parcels:
        if len(_proposals([*batch, parcel])) > MAXIMUM_CONTEXTS:
            yield batch
            batch = []
        batch.append(parcel)
    if batch:
        yield batch


def _send_one(association: RequestorAssociation, peer: Peer, parcel: Parcel, number: int) -> SendResult:
    uid = parcel.sop_instance_uid
    if not association.is_established:
        return SendResult(uid, delivered=False, message=_lost(peer))
    context = _context_for(association, parcel)
    if context is None:
        return SendResult(uid, delivered=False, permanent=True, message=_not_accepted(peer, parcel))
    try:
        dataset = _encoded(parcel, context.transfer_syntax[0])
    except Refused as refusal:
        return SendResult(uid, delivered=False, permanent=True, message=str(refusal))
    response = association.store_encoded(_request(parcel, dataset, number), context)
    if response is None:
        return SendResult(uid, delivered=False, message=_lost(peer))
    return _result(peer, uid, cast(int, response.Status), getattr(response, "ErrorComment", None) or "")


def _context_for(association: RequestorAssociation, parcel: Parcel) -> PresentationContext | None:
    """The accepted context with the object's own syntax, else with one that it can be turned into, else None."""
    accepted = [cx for cx in association.accepted_contexts if cx.abstract_syntax == parcel.sop_class_uid]
    by_syntax = {str(context.transfer_syntax[0]): context for context in accepted}
    return next((by_syntax[syntax] for syntax in _syntaxes(parcel) if syntax in by_syntax), None)


def _encoded(parcel: Parcel, syntax: UID) -> BytesIO:
    """The dataset's bytes as they lie in the file, or re-encoded where ``syntax`` is another one."""
    if syntax == parcel.transfer_syntax_uid:
        with parcel.path.open("rb") as file:
            file.seek(dataset_offset(file.read(144)))
            return BytesIO(file.read())
    encoded = encode(pydicom.dcmread(parcel.path), syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
    if encoded is None:
        raise Refused(f"{parcel.path.name} cannot be encoded as {name_of(syntax)}.", hint="Check it with dciodvfy.")
    return BytesIO(encoded)


def _request(parcel: Parcel, dataset: BytesIO, number: int) -> C_STORE:
    request = C_STORE()
    request.MessageID = number % 65535 + 1
    request.Priority = _MEDIUM_PRIORITY
    request.AffectedSOPClassUID = UID(parcel.sop_class_uid)
    request.AffectedSOPInstanceUID = UID(parcel.sop_instance_uid)
    request.DataSet = dataset
    return request


def _result(peer: Peer, uid: str, status: int, comment: str) -> SendResult:
    if status == SUCCESS:
        return SendResult(uid, delivered=True, status=status)
    words = f"{peer.name} answered 0x{status:04X} ({store_meaning(status)})"
    message = f"{words}: {comment}" if comment else f"{words}."
    return SendResult(uid, is_success(status), status, is_permanent(status), message)


def _lost(peer: Peer) -> str:
    return f"The association with {peer.name} ended before it answered for this object; it is sent again later."


def _not_accepted(peer: Peer, parcel: Parcel) -> str:
    return (
        f"{peer.name} accepted no presentation context for {name_of(parcel.sop_class_uid)} in "
        f"{name_of(parcel.transfer_syntax_uid)}: allow it there, or send to another peer."
    )
