"""``gate enforce``: judge, record, print. The pipeline step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gate.cli.answer import code_of, print_decision, tell_ci, view_of
from gate.cli.folders import RECEIPTS, SPOOL
from gate.cli.inputs import Asked, Options, ask, now
from gate.cli.logs import log_requests
from gate.cli.options import ANSWER, PLACE, QUESTION, shared
from gate.cli.printing import say
from gate.cli.reading import kept_option, read_all_kept
from gate.cli.waiting import wait_if_asked
from gate.cli.write_back import write_back
from gate.deploy import Recorded
from gate.errors import FINDING, OK
from gate.frozen import dataclass
from gate.output.view import DecisionView, RecordedView

if TYPE_CHECKING:
    from gate.log.receipts.kept import Kept
    from gate.store.contract import StoreError


@dataclass(frozen=True, slots=True)
class Enforced:
    """A recorded decision: what to show of it, and where its receipt lies.

    No receipt: the log is down, and the record of an emergency waits for it.
    """

    view: DecisionView
    receipt: Path | None


@click.command("enforce")
@shared(*QUESTION, "receipt", *PLACE, *ANSWER)
@kept_option
def command(
    receipt: str | None,
    output: str,
    quiet: bool,
    verbose: bool,
    kept: tuple[str, ...],
    **given: Any,
) -> int:
    """Judge the deployment, record the decision in the log, and only then answer.

    Ends 0 only where the deployment may go on. Every decision is recorded, denials too; the receipt
    is written to --receipt, or to gate-receipts/ under its log index.
    """
    heads = read_all_kept(kept)
    enforced = enforce_and_print(
        ask(Options(**given)), receipt, output, quiet=quiet, verbose=verbose, kept=heads
    )
    return enforced.view.exit_code


def enforce_and_print(
    asked: Asked,
    receipt: str | None,
    output: str,
    *,
    quiet: bool,
    verbose: bool,
    kept: Sequence[Kept] = (),
) -> Enforced:
    """The whole of enforce but for ending the process; ``gate run`` goes on from here."""
    from gate.deploy import enforce
    from gate.store.contract import StoreError

    wait_if_asked(asked, kept)
    try:
        recorded = enforce(asked.question, asked.place, asked.secrets, now, kept)
    except StoreError as error:
        view = _without_log(asked, error, kept, verbose=verbose)
        print_decision(view, output, quiet=quiet)
        tell_ci(view, output)
        return Enforced(view, None)
    log_requests(recorded.judged.gathered.requests, verbose=verbose)
    path = write_receipt(recorded, receipt)
    code = FINDING if recorded.appended.superseded else code_of(recorded.judged.decision)
    view = view_of(
        "enforce", recorded.judged, asked.place.policy, _recorded_view(recorded, path), code
    )
    print_decision(view, output, quiet=quiet)
    if recorded.appended.superseded:
        say(
            "gate: the log moved on while this was judged, and the decision no longer holds at its "
            "place: a denial was recorded instead. Run the pipeline again.",
            err=True,
        )
    tell_ci(view, output)
    write_back(asked, recorded, view)
    return Enforced(view, path)


def _without_log(
    asked: Asked, down: StoreError, kept: Sequence[Kept], *, verbose: bool
) -> DecisionView:
    """An emergency that goes on while the log is down; ``down`` again where it is none."""
    from gate.offline import enforce_offline, may_go_on

    if not may_go_on(asked.question, asked.place.policy):
        raise down
    done = enforce_offline(asked.question, asked.place, asked.secrets, now, Path(SPOOL), kept)
    if done is None:
        raise down
    log_requests(done.judged.gathered.requests, verbose=verbose)
    say(
        f"gate: {down.message}. This emergency goes on, and its record is owed: keep {SPOOL}/ as "
        "an artifact of the job; gate log sync --spool appends it",
        err=True,
    )
    policy = asked.place.policy
    return view_of("enforce", done.judged, policy, None, OK, spooled=str(done.path))


def write_receipt(recorded: Recorded, receipt: str | None) -> Path:
    """Write the receipt; one that cannot be written is ``NotRecordedError``.

    Without it the deploy target could not tell that the deployment is permitted.
    """
    from gate.log.receipts.receipt import write_receipt as write

    appended = recorded.appended
    stem = Path(receipt) if receipt else Path(RECEIPTS) / str(appended.index)
    return write(stem, appended.entry, appended.proof)


def _recorded_view(recorded: Recorded, path: Path) -> RecordedView:
    appended = recorded.appended
    return RecordedView(
        index=appended.index,
        receipt=str(path),
        checkpoint=appended.proof.checkpoint.decode(),
        origin=appended.origin,
        superseded=appended.superseded,
    )
