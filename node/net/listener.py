"""The listening socket, opened once and shared by all receiver processes."""

import errno
import socket

from node.domain.errors import Refused

BACKLOG = 128


def open_listener(address: str, port: int) -> socket.socket:
    """A socket that listens on ``address`` (empty for every IPv4 address) and ``port`` (0 for any free one).

    Not opened with SO_REUSEPORT: a second node on the same port must be told, not given half of the images. Raises
    Refused with what to do when the port is taken or not permitted.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _explained(error, address, port) from error
    listener.setblocking(False)
    return listener


def _explained(error: OSError, address: str, port: int) -> Refused:
    place = f"{address or 'any address'}, port {port}"
    if error.errno == errno.EADDRINUSE:
        return Refused(
            f"Cannot listen on {place}: another program already does.",
            hint=f"See which with 'ss -ltnp sport = :{port}', stop it, or choose another port in the configuration.",
        )
    if error.errno == errno.EACCES:
        return Refused(
            f"Cannot listen on {place}: not permitted.",
            hint="Ports below 1024 need CAP_NET_BIND_SERVICE; DICOM's registered port for everybody is 11112.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return Refused(
            f"Cannot listen on {place}: this machine has no such address.",
            hint="Leave the address empty to listen on every one.",
        )
    return Refused(f"Cannot listen on {place}: {error.strerror}.", hint="Check address and port in the configuration.")
