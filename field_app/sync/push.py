"""Ops out: in order, at most PUSH_LIMIT at a time, each batch's attempt durable before it leaves."""

from __future__ import annotations

from datetime import timedelta

from field_app.store import Store
from field_app.store.outbox import QUARANTINED
from field_app.sync.api import Api
from field_app.sync.status import SyncReport
from shared_models.clock import Stamp, from_text, to_text
from shared_models.problems import Code, Problem, from_json
from shared_models.sync.wire import FINAL, PUSH_LIMIT, Op, OpResult, Outcome, PushRequest, PushResponse

ASK_AGAIN = timedelta(minutes=15)
"""How often the fate of quarantined ops is asked for (the server gives their stored outcome)."""

_ABOUT_CONTENT = frozenset({Code.TOO_LARGE, Code.INVALID_REQUEST, Code.INTERNAL})
"""Problems of a whole push that one of its ops may have caused."""
_asked = "quarantine_asked"


async def push_all(store: Store, api: Api, report: SyncReport) -> set[str]:
    """Send all that may be sent; the aggregates that were touched.

    Each op is sent once per run: one that waits for its parent comes again in the next run, after the pull.
    """
    touched: set[str] = set()
    skipped: dict[str, Problem] = {}
    ask = _ask_again(store)
    after, epochs, limit = 0, 0, PUSH_LIMIT
    while True:
        ops = await store.next_batch(after=after, limit=limit, ask_again=ask, without=skipped.keys())
        if not ops:
            break
        try:
            results = await _push(store, api, ops)
        except Problem as problem:
            if problem.code not in _ABOUT_CONTENT:
                raise
            if len(ops) > 1:  # one of them is the cause: find it by halves
                limit = len(ops) // 2
                continue
            if problem.code is Code.INTERNAL:  # perhaps only today: its aggregate waits for the next run
                skipped[ops[0].aggregate_id] = problem
                continue
            results = [_rejected(ops[0], problem, api.language)]
            store.settle(results, skew_ms=store.state()["skew_ms"])
        after, limit = ops[-1].seq, min(PUSH_LIMIT, limit * 2)
        report.pushed += len(ops)
        report.confirmed += sum(one.outcome in FINAL for one in results)
        report.refused += sum(
            one.outcome not in FINAL and one.outcome is not Outcome.WAITING_PARENT for one in results
        )
        touched |= {op.aggregate_id for op in ops}
        reused = [one.op_id for one in results if _is_reused(one)]
        if reused:
            epochs += 1
            if epochs == 1:
                store.new_epoch()
            elif epochs == 2:  # the ids are taken too: a copy of this database sent them otherwise
                store.renew(reused)
            else:
                break
            await store.durable()
            after = 0
    if ask:
        _note_asked(store)
    if skipped and report.problem is None:
        report.problem = next(iter(skipped.values()))
    return touched


def _rejected(op: Op, problem: Problem, language: str) -> OpResult:
    """The outcome of an op that the server would not even read."""
    return OpResult(op_id=op.op_id, seq=op.seq, outcome=Outcome.REJECTED, problem=problem.to_json(language))


async def _push(store: Store, api: Api, ops: list[Op]) -> list[OpResult]:
    sent_at = store.context.now()
    request = PushRequest(
        device_id=store.device_id,
        epoch=ops[0].epoch,
        client=api.client,
        sent_at=to_text(sent_at),
        ops=ops,
    )
    body = await api.post("/sync/push", request.model_dump(mode="json"), pack=True)
    answer = PushResponse.model_validate(body)
    if api.heard.epoch:
        store.hear(api.heard.epoch, api.heard.safe_until)
    known = {op.op_id for op in ops}
    results = [one for one in answer.results if one.op_id in known]
    server = from_text(answer.server_time)
    store.settle(
        [one for one in results if not _is_reused(one)],
        skew_ms=answer.skew_ms or round((sent_at - server).total_seconds() * 1000),
        at=answer.server_time,
    )
    store.observe(Stamp(int(server.timestamp() * 1000), 0, "server"))
    await store.durable()
    return results


def _is_reused(result: OpResult) -> bool:
    """Whether the server has another op under this sequence number: this database is a copy of another."""
    return bool(result.problem) and from_json(result.problem or {}).code is Code.SEQUENCE_REUSED


def _ask_again(store: Store) -> bool:
    held = [one for one in store.held() if one.state == QUARANTINED]
    if not held:
        return False
    last = store.state()["counters"].get(_asked)
    return last is None or abs(store.context.now().timestamp() - last) >= ASK_AGAIN.total_seconds()


def _note_asked(store: Store) -> None:
    counters = dict(store.state()["counters"] or {})
    counters[_asked] = int(store.context.now().timestamp())
    store.set_state(counters=counters)
