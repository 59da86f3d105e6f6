"""The engine: grouping, pairing, analysis and encoding; each analysis in a spawned worker of its own."""

import threading
from datetime import timedelta
from functools import partial

from node import __version__
from node.bootstrap.kernels import warm_in_process_of_its_own
from node.bootstrap.logging import configure_logging
from node.bootstrap.parts import blobs_of, database_of, now, parameters_of, routing_of
from node.bootstrap.supervisor import Ready
from node.domain.completeness import Patience
from node.domain.job import AttemptLimits
from node.service.jobs.assembly import Assembly, AssemblyRules
from node.service.jobs.engine import Engine, EngineOptions, EngineStore
from node.service.jobs.work import prepare, process_task
from node.service.jobs.workers import SpawnedWorker
from node.settings import Settings
from node.store.assembling import AssemblyRows
from node.store.leasing import JobRows


def engine(settings: Settings, stop: threading.Event, ready: Ready) -> None:
    """Body of the engine's process: ready when the kernels are compiled, then at work until ``stop`` is set."""
    configure_logging(settings.log, "engine")
    warm_in_process_of_its_own()
    database = database_of(settings)
    store = EngineStore(JobRows(database), AssemblyRows(database), blobs_of(settings))
    analysis = settings.analysis
    options = EngineOptions(
        owner="engine",
        workers=analysis.workers,
        timeout=timedelta(seconds=analysis.timeout_s),
        limits=AttemptLimits(attempts=analysis.attempts),
        allow_monoenergetic=analysis.allow_monoenergetic,
    )
    make_worker = partial(SpawnedWorker, analysis.tasks_per_worker, prepare)
    assembly = Assembly(store.studies, now, assembly_rules(settings))
    ready()
    process = partial(process_task, parameters_of(settings))
    Engine(store, make_worker, process, routing_of(settings), now, options).run(stop, assembly.run_once)
    database.close()


def assembly_rules(settings: Settings) -> AssemblyRules:
    """When a study is complete, and what a result depends on besides its input."""
    timing, analysis = settings.timing, settings.analysis
    return AssemblyRules(
        algorithm=f"calcinode {__version__}",
        parameters=parameters_of(settings).digest,
        allow_monoenergetic=analysis.allow_monoenergetic,
        patience=Patience(
            proof=timedelta(seconds=timing.proof_quiet_s),
            quiet=timedelta(seconds=timing.quiet_s),
            deadline=timedelta(seconds=timing.deadline_s),
        ),
    )
