"""Commands for whoever installs the node."""

import time

import typer
from rich.table import Table

from node.cli.console import out
from node.cli.options import Config
from node.settings import RouteSettings, Settings, load


def warm() -> None:
    """Compile the kernels now, so that the first study does not wait for it.

    The machine code is kept under ~/.cache/calcinode (CALCINODE_CACHE_DIR moves it) and made anew when the
    program, numba or Python changes.

    \b
    Example:
      calcinode warm
    """
    from node.bootstrap.kernels import warm_kernels
    from node.kernels.jit import cache_folder

    began = time.perf_counter()
    with out.status("compiling the kernels"):
        count = warm_kernels()
    out.print(f"{count} kernel files ready after {time.perf_counter() - began:.1f} s in {cache_folder()}")


def check_config(config: Config = None) -> None:
    """Check a configuration and show what it means. Exit code 2 where it cannot be used.

    \b
    Examples:
      calcinode check-config --config calcinode.toml
      CALCINODE_NODE__PORT=104 calcinode check-config
    """
    settings = load(config)
    from node.bootstrap.checks import warnings_of
    from node.bootstrap.parts import check_data_folder

    node = settings.node
    out.print(f"node          {node.ae_title} on {node.host}, port {node.port}")
    out.print(f"data folder   {check_data_folder(settings).absolute()}")
    out.print(f"journal       {_without_password(settings.journal_url)}")
    page = settings.page
    out.print(f"page          {f'on {page.host}, port {page.port}' if page.enabled else 'switched off'}")
    if settings.peers:
        out.print(_peer_table(settings))
    for number, route in enumerate(settings.routes, start=1):
        out.print(f"route {number}       {_route_words(route)}", markup=False)
    for warning in warnings_of(settings):
        _warn(warning)
    if config is None:
        _warn("no file was named: these are the defaults and the environment.")
    out.print("The configuration can be used.")


def _route_words(route: RouteSettings) -> str:
    studies = " and ".join(f"{key} {glob}" for key, glob in route.conditions.items()) or "every study"
    return f"{studies}: the results stay here" if route.keep else f"{studies} to {', '.join(route.destinations)}"


def _warn(sentence: str) -> None:
    out.print("[yellow]warning:[/] ", end="")
    out.print(sentence, markup=False)


def _peer_table(settings: Settings) -> Table:
    table = Table("peer", "AE title", "listens on", "may call from", "is", "commitment")
    for name, peer in settings.peers.items():
        place = f"{peer.host}:{peer.port}" if peer.port else "-"
        commitment = ("asked for" if peer.commitment else "not asked for") if name in settings.destinations else "-"
        table.add_row(
            name, peer.ae_title, place, ", ".join(peer.addresses) or "anywhere", " and ".join(peer.roles), commitment
        )
    return table


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    return f"{scheme}://{credentials.partition(':')[0]}{at}{place}"


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(warm)
    app.command("check-config")(check_config)
