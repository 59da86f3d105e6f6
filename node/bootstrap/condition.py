"""How the node of a configuration is now, whether it runs or not. Imports nothing that the page must not load."""

from node.bootstrap.locks import RoleName, is_ready, is_running
from node.service.journal.questions import Condition
from node.settings import Settings
from node.store.space import shortage


def condition_of(settings: Settings) -> Condition:
    """Looked at when it is asked for."""
    folder = settings.node.data_folder
    roles = [role for role in RoleName if role is not RoleName.PAGE or settings.page.enabled]
    found = {role: is_running(folder, role) for role in roles}
    started = [role for role, runs in found.items() if runs]
    waiting = [role for role in started if is_ready(folder, role) is False]
    return Condition(
        running=tuple(role.value for role in started if role not in waiting),
        starting=tuple(role.value for role in waiting),
        stopped=tuple(role.value for role, runs in found.items() if runs is False),
        shortage=_shortage(settings),
        destinations=tuple(settings.destinations),
        delivers=settings.delivery.enabled,
    )


def _shortage(settings: Settings) -> str:
    try:
        return shortage(settings.node.data_folder / "blobs", settings.storage.watermark_mib * 2**20)
    except OSError:
        return ""  # no folder yet, or not on this machine
