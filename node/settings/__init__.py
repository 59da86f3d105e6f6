"""One frozen settings object from one TOML file and the environment (``CALCINODE_NODE__PORT=11112`` and so on).

The environment wins over the file. ``deploy/calcinode.toml`` shows every key with its meaning.
"""

from node.settings.installation import LogSettings, NodeSettings, PageSettings
from node.settings.loading import load
from node.settings.mistakes import SettingsError
from node.settings.peers import PeerSettings, RouteSettings
from node.settings.section import AeTitle
from node.settings.whole import Settings

__all__ = [
    "AeTitle",
    "LogSettings",
    "NodeSettings",
    "PageSettings",
    "PeerSettings",
    "RouteSettings",
    "Settings",
    "SettingsError",
    "load",
]
