"""The network: associations as acceptor and as requestor. It alone knows pynetdicom."""
