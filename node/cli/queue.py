"""Commands that tell what is going on, and why not. They read the journal, whether the node runs or not."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.console import EXIT_REFUSED, out
from node.cli.options import Config
from node.domain.counting import counted
from node.domain.times import when
from node.settings import Settings, load

if TYPE_CHECKING:
    from node.service.people.retry import Selection

_STUDY_OR_JOB = re.compile(r"[0-9]{1,18}|[0-9]+(\.[0-9]+)+", re.ASCII).fullmatch
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def status(config: Config = None, as_json: AsJson = False) -> None:
    """Show the node at a glance: what runs, images received, studies by state, deliveries, who was rejected.

    \b
    Example:
      calcinode status --config calcinode.toml
    """
    settings = load(config)
    from node.bootstrap.condition import condition_of
    from node.bootstrap.observation import views_of
    from node.service.people.condition import node_status, status_lines

    with views_of(settings) as views:
        found = node_status(views, condition_of(settings))
    if as_json:
        _print_json(found)
        return
    for line in status_lines(found):
        out.print(line, markup=False)


def jobs(
    state: Annotated[str | None, typer.Option(help="Only those in this state, such as failed.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List studies with their state and its reason, the latest change first. A job is one revision of a study.

    With --state only those that no later revision of the study has overtaken.

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
        since = when(row.updated_at)
        study = f"{row.study_instance_uid}{f' (revision {row.revision})' if row.revision > 1 else ''}"
        out.print(f"{row.id:>5}  {row.state:<10}  {since}  {study}  {row.reason}", markup=False)
    if not rows:
        out.print("No study has been grouped yet.")


def why(
    study: Annotated[str, typer.Argument(metavar="STUDY|JOB", help="Study Instance UID, or the number of a job.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of a study: what came, what became of it and why, where the results are.

    Exit code 3 where nothing of it ever came.

    \b
    Examples:
      calcinode why 1.2.840.113619.2.55.3 --config calcinode.toml
      calcinode why 12
    """
    settings = load(config)
    from node.bootstrap.observation import views_of
    from node.service.people.why import is_known, study_named, tell

    with views_of(settings) as views:
        story = views.story(study_named(views, study) or study)
        known = is_known(story)
        if not known:
            _check_named(study)
        if as_json:
            _print_json(story)
        else:
            for line in tell(views, study):
                out.print(line, markup=False)
    if not known:
        raise typer.Exit(EXIT_REFUSED)


def retry(
    what: Annotated[
        str | None, typer.Argument(metavar="STUDY|JOB", help="Study Instance UID, or the number of a job.")
    ] = None,
    peer: Annotated[str | None, typer.Option(help="Only deliveries to this destination, failed or waiting.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that ended without success.")] = False,
    config: Config = None,
) -> None:
    """Judge again what was refused, incomplete or failed, and start failed deliveries anew.

    Deliveries that wait for another try, as after a PACS was down, are sent now.

    \b
    Examples:
      calcinode retry 12
      calcinode retry --peer pacs
      calcinode retry --all
    """
    settings = load(config)
    from node.bootstrap.observation import try_again

    revived = try_again(settings, _selection(settings, what, peer, everything=everything))
    studies = counted(revived.jobs, "study is judged", "studies are judged")
    deliveries = counted(revived.deliveries, "delivery starts", "deliveries start")
    out.print(f"{studies} again, {deliveries} anew.")


def resend(
    what: Annotated[
        str | None, typer.Argument(metavar="STUDY|JOB", help="Study Instance UID, or the number of a job.")
    ] = None,
    peer: Annotated[str | None, typer.Option(help="Only to this destination, also one that is new.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All results.")] = False,
    config: Config = None,
) -> None:
    """Send results once more that were delivered before: the same objects under the same UIDs.

    They go also where the routes and destinations of the configuration lead now and did not before: to a destination
    that was added since, or anywhere at all. Restart the node first when its configuration has changed.

    \b
    Examples:
      calcinode resend 1.2.840.113619.2.55.3 --peer pacs
      calcinode resend --all --peer new_archive
    """
    settings = load(config)
    from node.bootstrap.observation import send_again

    count = send_again(settings, _selection(settings, what, peer, everything=everything))
    out.print(f"{counted(count, 'object is', 'objects are')} on the way.")


def _selection(settings: Settings, what: str | None, peer: str | None, *, everything: bool) -> "Selection":
    from node.service.people.retry import Selection

    if not (what or peer or everything):
        raise typer.BadParameter("say what: a study, a job, --peer NAME, or --all")
    if peer is not None and peer not in settings.destinations:
        known = ", ".join(sorted(settings.destinations)) or "none"
        raise typer.BadParameter(f"There is no destination '{peer}'; known: {known}.", param_hint="--peer")
    if what is None:
        return Selection(destination=peer)
    _check_named(what)
    is_job = "." not in what
    return Selection(None if is_job else what, int(what) if is_job else None, peer)


def _check_named(what: str) -> None:
    """Raises BadParameter on what is neither a Study Instance UID nor the number of a job."""
    if not _STUDY_OR_JOB(what):
        raise typer.BadParameter(
            f"'{what}': a Study Instance UID (digits and dots) or the number of a job is expected.",
            param_hint="STUDY|JOB",
        )


def _print_json(value: object) -> None:
    from node.service.people.as_json import as_json

    typer.echo(as_json(value).decode())


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (status, jobs, why, retry, resend):
        app.command()(command)
