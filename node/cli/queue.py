"""Commands that tell what is going on, and why not. They read the journal, whether the node runs or not."""

from typing import Annotated, Any

import typer

from node.cli.console import out
from node.cli.options import Config
from node.settings import load

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def status(config: Config = None, as_json: AsJson = False) -> None:
    """Show the node at a glance: images received, studies by state, deliveries by destination, who was rejected.

    \b
    Example:
      calcinode status --config calcinode.toml
    """
    settings = load(config)
    from node.bootstrap.observation import views_of
    from node.service.why import rejected_words

    with views_of(settings) as views:
        found = views.status()
    if as_json:
        _print_json(found)
        return
    last = f", the last {found.last_received_at:%Y-%m-%d %H:%M:%S} UTC" if found.last_received_at else ""
    out.print(f"{found.instances} instances received{last}; {found.quarantined} quarantined")
    if found.jobs:
        out.print("studies: " + ", ".join(f"{count} {state}" for state, count in sorted(found.jobs.items())))
    for queue in found.queues:
        out.print(f"to {queue.destination}: {queue.count} {queue.state}. {queue.reason}", markup=False)
    for peer in found.rejected:
        out.print(rejected_words(peer), markup=False)


def jobs(
    state: Annotated[str | None, typer.Option(help="Only those in this state, such as failed.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List studies with their state and its reason, the latest change first. A job is one revision of a study.

    \b
    Examples:
      calcinode jobs --config calcinode.toml
      calcinode jobs --state failed
    """
    settings = load(config)
    from node.bootstrap.observation import views_of
    from node.domain.job import JobState

    if state is not None and state not in set(JobState):
        raise typer.BadParameter(f"'{state}' is no state; known: {', '.join(JobState)}", param_hint="--state")
    with views_of(settings) as views:
        rows = views.jobs(JobState(state) if state else None, limit)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        since = f"{row.updated_at:%Y-%m-%d %H:%M:%S}"
        out.print(f"{row.id:>5}  {row.state:<10}  {since}  {row.study_instance_uid}  {row.reason}", markup=False)
    if not rows:
        out.print("No study has been grouped yet.")


def why(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID, or the number of a job.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of a study: what came, what became of it and why, where the results are.

    \b
    Examples:
      calcinode why 1.2.840.113619.2.55.3 --config calcinode.toml
      calcinode why 12
    """
    settings = load(config)
    from node.bootstrap.observation import views_of
    from node.service.why import study_named, tell

    with views_of(settings) as views:
        if as_json:
            _print_json(views.story(study_named(views, study) or study))
            return
        for line in tell(views, study):
            out.print(line, markup=False)


def retry(
    what: Annotated[
        str | None, typer.Argument(metavar="[STUDY|JOB]", help="Study Instance UID, or the number of a job.")
    ] = None,
    peer: Annotated[str | None, typer.Option(help="Only failed deliveries to this destination.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that ended without success.")] = False,
    config: Config = None,
) -> None:
    """Judge again what was refused, incomplete or failed, and start failed deliveries anew.

    \b
    Examples:
      calcinode retry 12
      calcinode retry --peer pacs
      calcinode retry --all
    """
    settings = load(config)
    from node.bootstrap.observation import try_again

    revived = try_again(settings, _selection(what, peer, everything=everything))
    out.print(f"{revived.jobs} studies are judged again, {revived.deliveries} deliveries start anew.")


def resend(
    what: Annotated[
        str | None, typer.Argument(metavar="[STUDY|JOB]", help="Study Instance UID, or the number of a job.")
    ] = None,
    peer: Annotated[str | None, typer.Option(help="Only to this destination.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was delivered.")] = False,
    config: Config = None,
) -> None:
    """Send results once more that were delivered before: the same objects under the same UIDs.

    \b
    Example:
      calcinode resend 1.2.840.113619.2.55.3 --peer pacs
    """
    settings = load(config)
    from node.bootstrap.observation import send_again

    count = send_again(settings, _selection(what, peer, everything=everything))
    out.print(f"{count} objects are sent again.")


def _selection(what: str | None, peer: str | None, *, everything: bool) -> Any:
    from node.service.retry import Selection

    if not (what or peer or everything):
        raise typer.BadParameter("say what: a study, a job, --peer NAME, or --all")
    job = int(what) if what and what.isdecimal() else None
    return Selection(what if what and job is None else None, job, peer)


def _print_json(value: object) -> None:
    from node.service.as_json import as_json

    typer.echo(as_json(value).decode())


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (status, jobs, why, retry, resend):
        app.command()(command)
