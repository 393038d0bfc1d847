"""Every trick that gate must stand, what stops or shows it, and the test that plays it.

`python tests/reference.py` writes the tables of docs/threat-model.md from it; test_catalogue holds
it against the tests, and the page against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat-model.md"
FOLDER = Path(__file__).parent
START, END = "<!-- tricks: begin -->\n", "<!-- tricks: end -->\n"


@dataclass(frozen=True, slots=True)
class Trick:
    """A trick in one clause; ``stopped`` is Markdown, ``ends`` the exit code of what notices it.

    ``controls`` are those that speak. ``tests`` are ``file:name``, without what all of them begin
    with. ``later`` is what only a later part of gate makes of it, "" for nothing.
    """

    id: str
    trick: str
    stopped: str
    ends: str
    tests: tuple[str, ...]
    controls: tuple[str, ...] = ()
    later: str = ""

    def nodes(self) -> Iterator[tuple[Path, str]]:
        """File and function of each test."""
        for test in self.tests:
            file, _, name = test.partition(":")
            yield FOLDER / f"test_tricks_{file}.py", f"test_{name}"


NOT_RECONCILED = "comparing the forge's deployments with the log is a later part"
NO_SIGNS = "a list of signs of trouble is a later part"

ENGINEER = (
    Trick(
        "late-ticket",
        "opens the ticket once the pipeline runs",
        "the ticket must be older than the run's first attempt",
        "10",
        ("engineer:late_ticket",),
        ("ticket-predates-deployment",),
    ),
    Trick(
        "rerun",
        "runs the job again, now that there is a ticket",
        "the first attempt's creation counts, as the CI's API tells it",
        "10",
        ("engineer:rerun_after_making_a_ticket",),
        ("ticket-predates-deployment",),
    ),
    Trick(
        "borrowed-ticket",
        "gives a colleague's approved ticket for something else",
        "the ticket must name what is deployed; one for the same service is an exception that the "
        "list shows, and its own deployment is then denied",
        "10; 0 with a warning for the same service, unless `change-linked` is required",
        (
            "engineer:borrowed_ticket",
            "engineer:borrowed_ticket_beside_the_own_one",
            "engineer:borrowed_ticket_of_the_same_service",
        ),
        ("ticket-covers-change", "approved", "change-linked", "ticket-not-reused"),
    ),
    Trick(
        "recycled-ticket",
        "gives a ticket that let another change in",
        "the log knows each use, also for another service and where the change alone names it",
        "10",
        (
            "engineer:recycled_ticket",
            "recycled_ticket:a_used_ticket_lets_nothing_else_in",
            "recycled_ticket:a_ticket_named_by_the_change_alone_is_looked_for_as_well",
            "recycled_ticket:what_another_service_let_in_counts",
            "recycled_ticket:approved_anew_it_lets_the_next_in",
        ),
        ("ticket-not-reused",),
    ),
    Trick(
        "sent-back-ticket",
        "moves an approved ticket on again that somebody moved back or closed",
        "what was approved before the ticket was sent back is void, whoever did so "
        "([why](decisions/0027-sent-back.md))",
        "10; 11 where the history of the status cannot be read",
        ("engineer:sent_back_ticket", "engineer:sent_back_ticket_without_its_history"),
        ("approved",),
    ),
    Trick(
        "second-account",
        "approves with an own second account",
        "approver and makers must be different persons of the policy; an account that nobody owns "
        "counts for nothing",
        "10; 11 where nobody owns it",
        ("engineer:own_second_account", "engineer:second_account_that_nobody_owns"),
        ("approver-independent", "approved"),
    ),
    Trick(
        "token-of-an-approver",
        "approves with the token that gate asks the forge with, which is an approver's own",
        "whoever owns that token approves nothing by the forge, as every job has it; where GitHub "
        "or GitLab does not tell whose it is, nobody did",
        "10; 11 where it is not told",
        (
            "approval_sources:the_token_that_gate_asks_with_approves",
            "approval_sources:the_token_that_gate_asks_with_reviews",
        ),
        ("approved", "peer-reviewed"),
    ),
    Trick(
        "approved-by-the-forge",
        "stretches what was approved by review or at the environment: to a merge by hand, another "
        "environment, a used ticket, a second place by the same person",
        "a review is of its own request, an environment's approval of that very name; persons "
        "count once, and a ticket lets one commit in",
        "10",
        (
            "approval_sources:a_review_covers_no_merge_by_hand",
            "approval_sources:an_environment_of_nearly_that_name_lets_nothing_in",
            "approval_sources:an_environment_makes_no_used_ticket_good",
            "approval_sources:one_person_in_three_places",
        ),
        ("approved", "ticket-not-reused"),
    ),
    Trick(
        "emergency-over-an-objection",
        "declares an emergency while tickets cannot be read, so that nobody hears an objection",
        "what was objected in reviews or at the environment is told without any ticket, where "
        "these are sources of approvals; so is that it could not be read",
        "10",
        ("approval_sources:an_emergency_while_tickets_are_down_hides_no_objection",),
        ("approved",),
    ),
    Trick(
        "forged-author",
        "approves work that was committed in another's name, or merged into another's branch",
        "whoever pushed it is a maker, and so is whom git names",
        "10",
        (
            "engineer:forged_author",
            "engineer:forged_pusher",
            "engineer:forged_author_whose_push_was_replaced",
            "engineer:forged_co_author_takes_nobody_away",
            "other_branches:an_approver_whose_work_was_merged_into_the_branch",
            "other_branches:an_approver_whose_work_was_pulled_into_the_branch",
            "other_branches:a_colleague_whose_work_was_merged_into_the_branch_is_no_obstacle",
        ),
        ("approver-independent",),
    ),
    Trick(
        "forged-dates",
        "dates a commit before the approval, or has a branch merged early to date it so",
        "the forge's push times count",
        "10; 11 where no push can be told",
        (
            "engineer:forged_dates",
            "other_branches:an_early_merge_by_hand_elsewhere_hides_no_late_push",
            "other_branches:an_early_merge_elsewhere_does_not_date_a_push_that_cannot_be_told",
            "other_branches:an_early_merge_by_the_forge_elsewhere_does_no_harm",
            "other_branches:a_push_before_the_ticket_is_not_dated_by_a_later_merge",
        ),
        ("approval-covers-change",),
    ),
    Trick(
        "late-push",
        "pushes once it is approved",
        "the last push must be older than the approval",
        "10",
        ("engineer:push_after_approval",),
        ("approval-covers-change",),
    ),
    Trick(
        "late-base",
        "has it approved for a harmless branch, and aims it at the release ref afterwards",
        "the last other base must be older than the approval, as the last push must",
        "10",
        ("engineer:another_base_after_approval",),
        ("approval-covers-change",),
    ),
    Trick(
        "side-branch",
        "deploys a commit that was never merged",
        "it must be on a release ref",
        "10",
        ("engineer:side_branch_commit",),
        ("commit-on-release-ref",),
    ),
    Trick(
        "fork",
        "deploys a commit of a fork, which the forge shows under the parent's name, too",
        "it must be on a release ref of the service's own repository",
        "10",
        ("engineer:fork_commit",),
        ("commit-on-release-ref",),
    ),
    Trick(
        "hidden-in-merge",
        "hides something in a merge made by hand",
        "the merge is made anew and compared; whoever made it by hand is a maker",
        "10; 0 with a warning unless `merge-matches-review` is required",
        (
            "engineer:hidden_content_in_a_merge",
            "engineer:hidden_content_in_a_merge_by_the_approver",
            "engineer:hidden_content_in_a_merge_that_looks_like_the_forges",
        ),
        ("merge-matches-review", "approver-independent"),
    ),
    Trick(
        "narrow-base",
        "`--base HEAD~1` leaves bad commits out",
        "the log says where the range starts, and `--base` only widens it",
        "10; 2 for the option",
        ("engineer:base_one_commit_back",),
        ("approver-independent",),
    ),
    Trick(
        "fresh-service",
        "names a service that has no history",
        "only listed services, matched exactly; nothing is asked",
        "2",
        ("engineer:fresh_service_name",),
    ),
    Trick(
        "fresh-environment",
        "names an environment that asks for nothing",
        "only listed environments, matched exactly; nothing is asked",
        "2",
        ("engineer:fresh_environment_name",),
    ),
    Trick(
        "edited-policy",
        "edits `gate.toml`, or takes the pin away",
        "the digest must be the pinned one",
        "10",
        ("engineer:edited_policy", "engineer:policy_that_nothing_pins"),
        ("policy-pinned",),
    ),
    Trick(
        "other-run",
        "lets the job's variables name another run",
        "the run is read from the forge that the policy names, and must be this commit's",
        "10 on GitHub, 11 on GitLab",
        ("engineer:answers_for_the_forge",),
        ("ticket-predates-deployment",),
    ),
    Trick(
        "beside-the-pipeline",
        "deploys beside the pipeline",
        "`gate verify` on the target permits nothing without a receipt of exactly this deployment",
        "10; 2 without a receipt",
        ("engineer:deploys_beside_the_pipeline",),
        later=NOT_RECONCILED,
    ),
    Trick(
        "leaves-gate-out",
        "deletes gate's step from the job",
        "`gate verify` on the target; a ticket that is made afterwards is younger than that "
        "deployment",
        "10; 2 without a receipt",
        ("engineer:leaves_gate_out_of_the_job",),
        ("ticket-predates-deployment",),
        NOT_RECONCILED,
    ),
)

_TEXTS = ("ticket_author:hostile_text_in_a_ticket", "hostile_texts:nothing_that_is_printed_acts")
_GRAMMAR = "no ID of any system, so that nothing is asked"
AUTHOR = (
    Trick(
        "query",
        "`^OR…` in an ID or text",
        f"{_GRAMMAR}; texts are never part of a query",
        "2",
        ("ticket_author:query_operator_in_an_id", _TEXTS[0]),
    ),
    Trick(
        "path",
        "`../` in an ID or text",
        _GRAMMAR,
        "2",
        ("ticket_author:path_in_an_id", _TEXTS[0]),
    ),
    Trick(
        "workflow-command",
        "`::set-env` in an ID or text",
        f"{_GRAMMAR}; escaped for the job's log, outputs and annotations",
        "2; the text changes no code",
        ("ticket_author:workflow_command_in_an_id", *_TEXTS),
    ),
    Trick(
        "formula",
        "`=cmd()` in an ID or text",
        f"{_GRAMMAR}; no cell of a list calculates",
        "2; the text changes no code",
        (
            "ticket_author:formula_in_an_id",
            _TEXTS[0],
            "hostile_texts:the_auditors_spreadsheet_calculates_nothing",
        ),
    ),
    Trick(
        "ansi",
        "escape sequences in an ID or text",
        f"{_GRAMMAR}; shown as text, `\\x1b`",
        "2; the text changes no code",
        (
            "ticket_author:escape_sequence_in_an_id",
            *_TEXTS,
            "hostile_texts:hostile_texts_are_shown_all_the_same",
            "hostile_texts:the_log_shows_them_harmlessly",
            "hostile_texts:people_check_shows_them_harmlessly",
        ),
    ),
    Trick(
        "html",
        "HTML or links in an ID or text",
        f"{_GRAMMAR}; escaped in summaries and reports",
        "2; the text changes no code",
        ("ticket_author:html_in_an_id", *_TEXTS),
    ),
)

_READERS = "whoever verifies, lists or appends finds it"
STORE = (
    Trick(
        "rewrites",
        "changes an entry, with or without its hash",
        _READERS,
        "13",
        (
            "store_writer:store_rewrites_an_entry",
            "store_writer:store_puts_an_older_entry_in_place_of_a_denial",
        ),
    ),
    Trick("drops", "drops entries", _READERS, "13", ("store_writer:store_drops_entries",)),
    Trick("reorders", "reorders entries", _READERS, "13", ("store_writer:store_reorders_entries",)),
    Trick(
        "signs",
        "signs a head with a key of its own",
        f"the key is none of the trust folder; {_READERS}",
        "13",
        ("store_writer:store_signs_a_head_itself",),
    ),
    Trick(
        "rolls-back",
        "lays yesterday's log over today's",
        "a kept head, which each receipt and each job's output is (`--kept`)",
        "13 with it, 0 and a note without",
        ("store_writer:store_is_rolled_back",),
    ),
    Trick(
        "forks",
        "shows two readers two logs",
        "a head of one, held against the other (`--kept`, `gate log prove --since`)",
        "13 with it",
        ("store_writer:store_is_forked",),
    ),
    Trick(
        "hides-index",
        "takes rows out of the index, so that a used ticket looks new",
        "the newest 256 entries and all behind a signed link are read anyway; older ones hide for "
        "one decision, whose wrong link shows it for ever "
        "([why](decisions/0003-index-hints.md))",
        "10; 13 afterwards, for older ones",
        (
            "store_writer:store_hides_index_entries",
            "store_writer:store_hides_index_entries_of_long_ago",
        ),
        ("ticket-not-reused",),
    ),
    Trick(
        "false-past",
        "holds both keys and signs a false past",
        "by itself it verifies; a head that was seen elsewhere contradicts it, and with a quorum "
        "of witnesses nothing of it is believed",
        "13 with a kept head, 12 with a witness, 0 without either",
        (
            "store_writer:key_holder_signs_a_false_past",
            "store_writer:head_that_shows_a_false_past_is_in_every_jobs_output",
            "store_writer:witness_shows_a_false_past",
        ),
        later="the CI's identity token and trusted time are later parts",
    ),
)

SERVICE = (
    Trick(
        "wrong",
        "answers something else, or of another ticket",
        "a reply that is not what was asked for is no fact",
        "11; 10 for another ticket",
        ("service:service_answers_wrongly", "service:service_speaks_of_another_ticket"),
        ("ticket-exists", "commit-on-release-ref"),
    ),
    Trick(
        "slow",
        "does not answer in time",
        "the budget of the whole gathering ends it",
        "11",
        ("service:service_is_slow",),
        ("ticket-exists", "commit-on-release-ref"),
    ),
    Trick(
        "down",
        "is down",
        "after a few tries the fact is not had",
        "11",
        ("service:service_is_down",),
        ("ticket-exists", "commit-on-release-ref"),
    ),
    Trick(
        "404-for-401",
        "says “not found” to bad credentials, or to an account that may not see it",
        "credentials are tried before absence is believed",
        "11; 10 for a ticket of a Jira project that can be browsed",
        ("service:service_answers_404_for_401", "service:service_says_404_to_good_credentials"),
        ("ticket-exists", "commit-on-release-ref"),
    ),
    Trick(
        "hides-rows",
        "hides an objection, or a push",
        "lists that are not provably whole prove nothing",
        "11; 10 where what is left denies it already",
        ("service:service_hides_rows", "service:service_hides_pushes"),
        ("approved", "approval-covers-change"),
    ),
    Trick(
        "clock",
        "lives in another hour",
        "the services' `Date` headers and our clock must agree",
        "10",
        ("service:clock_of_a_service_is_off",),
        ("clock-sane",),
    ),
)

AUDITORS = (
    Trick(
        "after-the-deployment",
        "a ticket is made after the deployment",
        "the forge's own list of deployments dates it; the list shows both times",
        "10",
        ("seen_by_auditors:ticket_after_the_deployment", "engineer:late_ticket"),
        ("ticket-predates-deployment",),
    ),
    Trick(
        "recycled",
        "a ticket is recycled: used, closed, or another service's",
        "its use is in the log, its status and scope are read live",
        "10",
        ("engineer:recycled_ticket", "seen_by_auditors:recycled_ticket_of_another_kind"),
        ("ticket-not-reused", "ticket-open", "ticket-covers-change"),
    ),
    Trick(
        "second-account-or-bot",
        "a second account or an app approves",
        "persons, not accounts; apps count for nothing, even where the policy lists one (on GitLab "
        "they are known by [the names that GitLab gives them](systems.md))",
        "10",
        (
            "seen_by_auditors:bot_approves",
            "seen_by_auditors:the_same_by_a_person_is_an_approval",
            "engineer:own_second_account",
        ),
        ("approved", "approver-independent"),
    ),
    Trick(
        "rubber-stamp",
        "approvals are given unread, within seconds",
        "nothing: no rule is broken. Both times and the approver are in record, list and "
        "`gate log show`",
        "0",
        ("seen_by_auditors:rubber_stamp",),
        later=NO_SIGNS,
    ),
    Trick(
        "mutual",
        "two people always approve each other",
        "nothing: each is independent. Makers and approvers of each deployment are in the list",
        "0",
        ("seen_by_auditors:pair_that_approves_each_other",),
        later=NO_SIGNS,
    ),
    Trick(
        "edit-after-the-fact",
        "the ticket is edited after its approval, or once all is over",
        "the first denies; the second changes no record, and whoever asks again is denied",
        "10",
        (
            "seen_by_auditors:edit_between_approval_and_deployment",
            "seen_by_auditors:edit_that_was_taken_back",
            "seen_by_auditors:edit_after_the_deployment",
        ),
        ("approval-covers-change",),
        "reading the tickets again and comparing is a later part",
    ),
    Trick(
        "backdated",
        "a ticket is imported with an older creation time",
        "its neighbours in number order",
        "10; 0 with a warning unless `ticket-not-backdated` is required",
        ("seen_by_auditors:backdated_import",),
        ("ticket-not-backdated",),
    ),
    Trick(
        "commit-after-approval",
        "a commit comes after the approval, or after the review",
        "the last push must be older than the approval; a review is of the head that it saw",
        "10; 0 with a warning for the review, unless `peer-reviewed` is required",
        ("engineer:push_after_approval", "seen_by_auditors:review_older_than_the_last_commit"),
        ("approval-covers-change", "peer-reviewed"),
    ),
    Trick(
        "merge-differs",
        "what was merged differs from what was reviewed",
        "the merge is made anew and compared",
        "10; 0 with a warning unless `merge-matches-review` is required",
        ("engineer:hidden_content_in_a_merge",),
        ("merge-matches-review",),
    ),
    Trick(
        "rule-lifted",
        "an administrator lifts a rule and restores it: the branch's protection, or gate's policy",
        "what came in meanwhile is judged by how it came in; each record has its policy's digest, "
        "which the target can demand",
        "10; 0 with a warning for a push before the approval, unless `peer-reviewed` is required",
        (
            "seen_by_auditors:protection_lifted_and_restored",
            "seen_by_auditors:protection_lifted_after_the_approval",
            "seen_by_auditors:policy_weakened_and_restored",
        ),
        ("peer-reviewed", "approval-covers-change"),
        "the forge's own log of rule changes is not read",
    ),
    Trick(
        "outside-the-pipeline",
        "something is deployed outside the pipeline",
        "`gate verify` on the target",
        "10; 2 without a receipt",
        ("engineer:deploys_beside_the_pipeline", "engineer:leaves_gate_out_of_the_job"),
        later=NOT_RECONCILED,
    ),
    Trick(
        "gap",
        "a failed run is deleted, or its record",
        "denials are recorded, with run and attempt; the log has no gaps",
        "13 for the record",
        ("seen_by_auditors:deleted_failed_run", "store_writer:store_drops_entries"),
    ),
    Trick(
        "fork-or-rewrite",
        "the log is forked or rewritten",
        "signed heads, and those kept elsewhere",
        "13",
        ("store_writer:store_is_forked", "store_writer:store_rewrites_an_entry"),
    ),
    Trick(
        "clock-shift",
        "a clock is shifted, the runner's or a service's",
        "they are held against each other, and what differs decides nothing",
        "10",
        ("seen_by_auditors:clock_of_the_runner_is_shifted", "service:clock_of_a_service_is_off"),
        ("clock-sane",),
    ),
    Trick(
        "emergency-abuse",
        "ordinary deployments are called emergencies",
        "only by whom the policy names; the list counts them, by person, with reviews owed; a "
        "target takes none unless told to",
        "0; 10 by others and at the target",
        ("seen_by_auditors:emergency_abuse",),
        later=NO_SIGNS,
    ),
    Trick(
        "filtered-list",
        "the auditor is given part of the list",
        "the header has the query, the log's size and where each decision went; an edited file "
        "does not fit its digest",
        "0",
        ("seen_by_auditors:filtered_list",),
    ),
)

OTHERS = (
    Trick(
        "cve",
        "a CVE id is taken for a ticket",
        _GRAMMAR,
        "2; 10 in texts",
        ("bugs_of_others:cve_taken_for_a_ticket",),
        ("ticket-given",),
    ),
    Trick(
        "date",
        "a date is taken for a ticket",
        _GRAMMAR,
        "2; 10 in texts",
        ("bugs_of_others:date_taken_for_a_ticket",),
        ("ticket-given",),
    ),
    Trick(
        "lower-case",
        "a key in lower case finds a ticket",
        _GRAMMAR,
        "2; 10 in texts",
        ("bugs_of_others:lower_case_key",),
        ("ticket-given",),
    ),
    Trick(
        "detached-head",
        "a detached HEAD is no commit, or the wrong one",
        "the job's commit is deployed and recorded",
        "0",
        ("bugs_of_others:detached_head",),
    ),
    Trick(
        "empty-id",
        "an empty or “null” ID matches some record",
        _GRAMMAR,
        "2",
        ("bugs_of_others:empty_id_matches_a_record",),
    ),
    Trick(
        "empty-approvers",
        "an empty list of approvers is approved by all of them",
        "nobody is not enough",
        "10",
        (
            "bugs_of_others:empty_list_of_approvers",
            "bugs_of_others:empty_list_of_approvers_in_an_approved_step",
        ),
        ("approved",),
    ),
    Trick(
        "state-looks",
        "a state's id is compared with a state's name",
        "an id is an id, a name a name; what the ticket is now counts",
        "10",
        (
            "bugs_of_others:state_compared_by_its_looks",
            "bugs_of_others:state_named_by_its_id",
            "bugs_of_others:approved_ticket_that_is_not_open_any_more",
        ),
        ("ticket-open",),
    ),
    Trick(
        "rerun-change",
        "a re-run loses the change, or has it twice",
        "the same range, judged again and recorded again",
        "0 and 10, as the first time",
        ("bugs_of_others:rerun_loses_or_doubles_the_change",),
        ("ticket-predates-deployment",),
    ),
    Trick(
        "missing-pull-request",
        "a pull request is missing seconds after its merge",
        "a list that lags is no proof that nothing was reviewed or pushed",
        "11",
        ("bugs_of_others:pull_request_missing_after_its_merge",),
        ("approver-independent",),
    ),
    Trick(
        "401",
        "bad credentials are reported as “not found”",
        "named as what they are, with the variable to mend",
        "11",
        ("bugs_of_others:401_reported_as_not_found",),
        ("ticket-exists",),
    ),
    Trick(
        "bare-number",
        "a bare number is looked up as a ticket",
        _GRAMMAR,
        "2; 10 in texts",
        ("bugs_of_others:bare_number",),
        ("ticket-given",),
    ),
    Trick(
        "moved-ticket",
        "an answer about another ticket is taken for the one asked for",
        "the ID that came back must be it",
        "10",
        ("bugs_of_others:ticket_that_moved",),
        ("ticket-exists",),
    ),
    Trick(
        "unsigned",
        "a bundle without a signature verifies",
        "exactly one signature, by a trusted key",
        "13",
        ("bugs_of_others:bundle_without_a_signature",),
    ),
    Trick(
        "stale-receipt",
        "an old permission is found where a new one is expected",
        "a denial replaces it; it permits its own commit alone",
        "10",
        (
            "bugs_of_others:receipt_of_another_run",
            "bugs_of_others:stale_receipt_where_a_permission_is_expected",
        ),
    ),
    Trick(
        "eof",
        "the end of input is taken for an answer",
        "nothing ever asks",
        "2",
        ("bugs_of_others:end_of_input_taken_for_an_answer",),
    ),
    Trick(
        "subcommand",
        "an unrecognised subcommand ends 0",
        "usage errors",
        "2",
        ("bugs_of_others:unrecognised_subcommand",),
    ),
    Trick(
        "untracked",
        "a pipeline that nobody tracks passes",
        "an unlisted service, and a listed one from another repository, are refused",
        "2; 10 for the other repository",
        ("bugs_of_others:untracked_pipeline",),
    ),
    Trick(
        "ignored-status",
        "a status that says “not yet” is not looked at",
        "`gate run` starts nothing; waiting ends in a denial",
        "10",
        (
            "bugs_of_others:status_that_is_false_while_waiting",
            "bugs_of_others:waiting_is_no_approval",
        ),
        ("approved",),
    ),
    Trick(
        "authorization",
        "credentials are printed in debug output",
        "secrets are taken out by value, in every output, record and traceback",
        "0, and 1 after a crash",
        (
            "bugs_of_others:authorization_in_debug_output",
            "hostile_texts:no_secret_gets_out",
            "hostile_texts:a_secret_is_not_printed_when_a_service_says_it_back",
        ),
    ),
    Trick(
        "key-from-the-store",
        "the key is read from the store that it verifies",
        "a trust folder inside the log is refused, and none is guessed",
        "2",
        ("bugs_of_others:key_read_from_the_store_that_it_verifies",),
    ),
)

LISTS: dict[str, tuple[Trick, ...]] = {
    "An engineer who wants it to go on": ENGINEER,
    "Whoever writes a ticket": AUTHOR,
    "Whoever writes the store, or holds its keys": STORE,
    "A service": SERVICE,
    "What auditors look for": AUDITORS,
    "Bugs that others shipped": OTHERS,
}


def section() -> str:
    """What stands between the page's two marks."""
    return "\n".join(_section())


def _section() -> Iterator[str]:
    yield START.rstrip("\n")
    for title, tricks in LISTS.items():
        yield f"\n### {title}\n"
        yield "| trick | what stops or shows it | ends | test |"
        yield "|---|---|---|---|"
        yield from (_row(trick) for trick in tricks)
    yield f"\n{END}"


def _row(trick: Trick) -> str:
    controls = ", ".join(f"[{each}](controls/{each}.md)" for each in trick.controls)
    told = f"{controls}: {trick.stopped}" if controls else trick.stopped
    later = f". *Not yet:* {trick.later}" if trick.later else ""
    tests = ", ".join(f"`{name.removeprefix('test_')}`" for _, name in trick.nodes())
    return f"| {trick.trick} | {told}{later} | {trick.ends} | {tests} |"


def page() -> str:
    """The page as it should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE} has not the two marks of the tables of tricks")
    return before + section() + after


def write() -> None:
    """Write the tables into the page."""
    PAGE.write_text(page(), encoding="utf-8")
