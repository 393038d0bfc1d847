"""The words in which a recorded decision is told on a ticket and on a commit.

Neither names people nor holds what they typed: both places are read by others than the job's log.
The signed checkpoint goes along in each, so that a head of the log stands where whoever can write
the log cannot reach it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.cli.printing import redact
from gate.forges.status import CommitStatus
from gate.output.escape import inline
from gate.output.view import DecisionView, Mark, RecordedView
from gate.tickets.comment import Comment

_NOT_PASSED = frozenset({Mark.FAIL, Mark.UNDETERMINED})


def comment_of(view: DecisionView, recorded: RecordedView, leaf: str) -> Comment:
    """The decision for a ticket. ``leaf`` is the record's leaf hash in hex."""
    verdict, deployment = view.verdict(), view.deployment
    title = f"gate: {verdict.word}: {deployment.service} to {deployment.environment}"
    return Comment(
        title=_plain(title),
        lines=tuple(map(_plain, _lines(view, recorded, leaf))),
        block=recorded.checkpoint.rstrip("\n"),
        mark=leaf,
    )


def _lines(view: DecisionView, recorded: RecordedView, leaf: str) -> Iterator[str]:
    yield view.verdict().sentence
    missed = [row.id for row in view.attention() if row.mark in _NOT_PASSED]
    if missed:
        yield f"Not passed: {', '.join(missed)}"
    yield f"Commit {view.deployment.commit}"
    if view.deployment.run.url:
        yield f"Run {view.deployment.run.url}"
    yield f"Record {recorded.index} of {recorded.origin}, leaf {leaf}"
    yield "The log's signed head, to be held against it by `gate log verify --kept FILE`:"


def status_of(
    view: DecisionView, recorded: RecordedView, leaf: str, repository: str, forge: str
) -> CommitStatus:
    """The decision for a commit of ``repository`` on ``forge`` (URLs), with the checkpoint."""
    verdict, deployment = view.verdict(), view.deployment
    mark = leaf[:16]
    state = "success" if verdict.permits else "failure" if verdict.word == "denied" else "error"
    said = f"{verdict.word}: record {recorded.index} (leaf {mark}) of {recorded.origin}"
    run = deployment.run
    is_plain = run.url.startswith(("https://", "http://")) and all("!" <= c <= "~" for c in run.url)
    pages = (run.url if is_plain else "", f"{repository}/commit/{deployment.commit}", repository)
    return CommitStatus(
        state=state,
        context=_plain(f"gate/{deployment.environment}/{deployment.service}"),
        description=_plain(said),
        pages=tuple(redact(page).partition("#")[0] for page in (*pages, forge) if page),
        checkpoint=recorded.checkpoint,
        mark=mark,
        pipeline=run.id if run.ci == "gitlab" else "",
    )


def _plain(text: str) -> str:
    return redact(inline(text))
