"""An ``Instance`` to and from the text of its row. A header may say NaN: constants beyond JSON stand for it."""

from pydantic import ConfigDict, TypeAdapter

from node.domain.instance import Instance

# A tuple of one, because the settings of a standard dataclass cannot be given from outside.
_ADAPTER = TypeAdapter(tuple[Instance], config=ConfigDict(ser_json_inf_nan="constants"))


def header_text(instance: Instance) -> str:
    """JSON with ``NaN`` and ``Infinity``."""
    return _ADAPTER.dump_json((instance,)).decode()


def instance_of(text: str) -> Instance:
    """What ``header_text`` was given."""
    return _ADAPTER.validate_json(text)[0]
