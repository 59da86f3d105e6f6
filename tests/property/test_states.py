"""States, back-off and keys hold their promises for any input."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node.domain.errors import Defect
from node.domain.job import (
    JOB_TRANSITIONS,
    OUTBOX_TRANSITIONS,
    RETRYABLE_JOBS,
    SETTLED_DELIVERIES,
    AttemptLimits,
    Backoff,
    JobState,
    OutboxState,
    check_job,
    check_outbox,
    job_key,
)

backoffs = st.builds(
    Backoff,
    first=st.timedeltas(timedelta(seconds=1), timedelta(hours=1)),
    longest=st.timedeltas(timedelta(hours=1), timedelta(days=2)),
    give_up_after=st.timedeltas(timedelta(days=1), timedelta(days=60)),
)
uids = st.text("0123456789.", min_size=1, max_size=20)


@given(st.sampled_from(JobState), st.sampled_from(JobState))
def test_a_job_goes_only_where_the_table_says(current: JobState, to: JobState) -> None:
    if to in JOB_TRANSITIONS[current]:
        check_job(current, to)
    else:
        with pytest.raises(Defect, match=f"from {current} to {to}"):
            check_job(current, to)


@given(st.sampled_from(OutboxState), st.sampled_from(OutboxState))
def test_a_delivery_goes_only_where_the_table_says(current: OutboxState, to: OutboxState) -> None:
    if to in OUTBOX_TRANSITIONS[current]:
        check_outbox(current, to)
    else:
        with pytest.raises(Defect):
            check_outbox(current, to)


def reachable(table: dict, start: object) -> set:  # type: ignore[type-arg]
    seen, left = set(), [start]
    while left:
        state = left.pop()
        if state not in seen:
            seen.add(state)
            left.extend(table[state])
    return seen


def test_every_state_can_be_reached_and_every_way_ends() -> None:
    jobs, deliveries = dict(JOB_TRANSITIONS), dict(OUTBOX_TRANSITIONS)
    assert reachable(jobs, JobState.RECEIVED) == set(JobState)
    assert reachable(deliveries, OutboxState.PENDING) == set(OutboxState)
    ends = RETRYABLE_JOBS | {JobState.DONE, JobState.UNCHANGED, JobState.SUPERSEDED}
    assert all(reachable(jobs, state) & ends for state in JobState)
    assert all(reachable(deliveries, state) & SETTLED_DELIVERIES for state in OutboxState)


def test_committed_comes_only_after_delivered() -> None:
    before = {state for state, to in OUTBOX_TRANSITIONS.items() if OutboxState.COMMITTED in to}
    assert before == {OutboxState.DELIVERED, OutboxState.COMMITMENT_REQUESTED}
    sending = {state for state, to in OUTBOX_TRANSITIONS.items() if OutboxState.DELIVERED in to}
    assert sending == {OutboxState.SENDING, OutboxState.COMMITMENT_REQUESTED}


@given(backoffs, st.integers(0, 10_000))
def test_the_pause_never_shrinks_and_stays_under_its_ceiling(backoff: Backoff, attempts: int) -> None:
    assert timedelta(0) < backoff.delay(attempts) <= backoff.delay(attempts + 1) <= backoff.longest


@given(backoffs, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_giving_up_is_a_matter_of_time_only(backoff: Backoff, age: timedelta) -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    assert backoff.gives_up(began, began + age) == (age >= backoff.give_up_after)


@given(st.integers(0, 10), st.integers(0, 200))
def test_limits_are_over_once_and_for_all(attempts: int, interruptions: int) -> None:
    limits = AttemptLimits(attempts=3, interruptions=100)
    if limits.is_over(attempts, interruptions):
        assert limits.is_over(attempts + 1, interruptions)
        assert limits.is_over(attempts, interruptions + 1)
    assert limits.is_over(attempts, interruptions) == (attempts >= 3 or interruptions >= 100)


@given(st.dictionaries(uids, uids, min_size=1), st.randoms(use_true_random=False))
def test_the_key_does_not_depend_on_the_order_of_the_inputs(inputs: dict[str, str], random: object) -> None:
    items = list(inputs.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert job_key(dict(items), "calcinode 1", "p") == job_key(inputs, "calcinode 1", "p")


@given(st.dictionaries(uids, uids, min_size=1), uids, uids)
def test_the_key_tells_a_larger_set_other_content_and_another_version(
    inputs: dict[str, str], uid: str, content: str
) -> None:
    changed = inputs | {uid: content}
    assert (job_key(changed, "a", "p") == job_key(inputs, "a", "p")) == (changed == inputs)
    assert len({job_key(inputs, a, p) for a in ("a", "b") for p in ("p", "q")}) == 4
