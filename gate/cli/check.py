"""``gate check``: judge and print; nothing is written."""

from __future__ import annotations

from typing import Any

import click

from gate.cli.answer import code_of, print_decision, view_of
from gate.cli.inputs import Options, ask, now
from gate.cli.logs import log_requests
from gate.cli.options import ANSWER, PLACE, QUESTION, shared
from gate.cli.reading import kept_option, read_all_kept
from gate.cli.waiting import wait_if_asked


@click.command("check")
@shared(*QUESTION, *PLACE, *ANSWER)
@kept_option
def command(output: str, quiet: bool, verbose: bool, kept: tuple[str, ...], **given: Any) -> int:
    """Judge the deployment as enforce would, and print; nothing is written.

    Ends 0 where enforce would allow, 10 where it would deny, 11 where a fact could not be had.
    """
    from gate.deploy import check
    from gate.model import Problem

    asked = ask(Options(**given))
    heads = read_all_kept(kept)
    wait_if_asked(asked, heads)
    judged = check(asked.question, asked.place, asked.secrets, now, heads)
    if isinstance(judged.facts.history, Problem):
        from gate.offline import judge_offline, may_go_on

        if may_go_on(asked.question, asked.place.policy):
            judged = judge_offline(asked.question, asked.place, asked.secrets, now) or judged
    log_requests(judged.gathered.requests, verbose=verbose)
    view = view_of("check", judged, asked.place.policy, None, code_of(judged.decision))
    print_decision(view, output, quiet=quiet)
    return view.exit_code
