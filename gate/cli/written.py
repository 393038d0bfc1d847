"""The words in which a recorded decision is told on a ticket and on a commit.

Neither names people nor holds what they typed: both places are read by others than the job's log.
The signed checkpoint goes along in each, so that a head of the log stands where whoever can write
the log cannot reach it.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator

from gate.cli.printing import redact
from gate.forges.github.statuses import LONGEST_URL, CommitStatus
from gate.output.escape import inline
from gate.output.view import DecisionView, Mark, RecordedView
from gate.tickets.comment import Comment

_FRAGMENT = "gate-checkpoint"
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
    view: DecisionView, recorded: RecordedView, leaf: str, repository: str
) -> CommitStatus:
    """The decision for a commit of ``repository`` (its URL), with the checkpoint in the link.

    A status has room for 140 characters only, so the head stands behind the ``#`` of its link, in
    base64url; one that would make it too long is left out.
    """
    verdict, deployment = view.verdict(), view.deployment
    mark = leaf[:16]
    state = "success" if verdict.permits else "failure" if verdict.word == "denied" else "error"
    said = f"{verdict.word}: record {recorded.index} (leaf {mark}) of {recorded.origin}"
    url = deployment.run.url
    is_plain = url.startswith(("https://", "http://")) and all("!" <= c <= "~" for c in url)
    page = url if is_plain else ""
    page = (page or f"{repository}/commit/{deployment.commit}").partition("#")[0]
    head = urlsafe_b64encode(recorded.checkpoint.encode()).decode("ascii")
    target = f"{page}#{_FRAGMENT}={head}"
    return CommitStatus(
        state=state,
        context=_plain(f"gate/{deployment.environment}/{deployment.service}"),
        description=_plain(said),
        target_url=redact(target if len(target) <= LONGEST_URL else page),
        mark=mark,
    )


def _plain(text: str) -> str:
    return redact(inline(text))
