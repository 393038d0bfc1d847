"""A world in which everything is right, for tests to break one thing at a time.

Monday, 5 January 2026, UTC. alice writes pull request #12 of the shop and pushes it at 08:30; dave
opens CHG-1 at 08:00, planned for 09:00 to 10:00, carol reviews at 08:50, bob approves CHG-1 at
09:00, the forge merges at 09:10, erin's pipeline starts at 09:15 and gate judges at 09:30.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gate.config.types import (
    After,
    ApprovalPlace,
    ApprovalRules,
    Environment,
    EvidenceSettings,
    ForgeSettings,
    JiraSettings,
    LogSettings,
    NetworkSettings,
    PersonEntry,
    Policy,
    Service,
    TicketRules,
    WindowFields,
)
from gate.controls.registry import by_id
from gate.model import (
    Account,
    AccountKind,
    Approval,
    Artifact,
    Base,
    BaseKind,
    Change,
    ChangeRequest,
    ClockReading,
    Commit,
    Deployment,
    Earlier,
    EarlierDeployment,
    EditedText,
    EntryLink,
    Facts,
    History,
    Judgement,
    Lookup,
    Neighbour,
    Outcome,
    PinState,
    Problem,
    ProblemKind,
    PullRequest,
    Push,
    Run,
    RunClaim,
    Status,
    TicketReference,
    TicketSource,
    TicketUse,
    Verdict,
    Window,
)

REPOSITORY = "https://github.com/acme/shop"
BASE_SHA = "b" * 40
FIRST_SHA = "1" * 40
SECOND_SHA = "2" * 40
MERGE_SHA = "3" * 40  # the head
RUN_ID = "4711"


def at(clock: str) -> datetime:
    """A time of the day of the world: ``at("09:30")`` or ``at("09:30:15")``."""
    return datetime.fromisoformat(f"2026-01-05T{clock}").replace(tzinfo=UTC)


NOW = at("09:30")


def jira(name: str) -> Account:
    """A Jira Cloud account; its key is no readable name, as there."""
    return Account("jira", f"acc-{name}", AccountKind.PERSON, name.capitalize())


def github(name: str) -> Account:
    return Account("github", name, AccountKind.PERSON, name.capitalize())


def git(name: str) -> Account:
    return Account("git", f"{name}@acme.example", AccountKind.UNKNOWN, name.capitalize())


def problem(kind: ProblemKind = ProblemKind.UNAVAILABLE, service: str = "jira") -> Problem:
    return Problem(kind, service, "GET /thing", "It did not answer.", "Try again later.")


def person(name: str) -> PersonEntry:
    accounts = {"jira": f"acc-{name}", "github": name}
    return PersonEntry(name, (f"{name}@acme.example",), accounts)


def good_environment(**changes: Any) -> Environment:
    """Production, where staging comes first and sre deploys."""
    environment = Environment(
        name="production",
        controls={},
        approvals=ApprovalRules(
            required=1,
            by=("change-board",),
            sources=("change-request",),
            independent_of=("change-author", "ticket-author"),
            predates="job",
        ),
        ticket=TicketRules(
            sources=tuple(TicketSource), predates="pipeline", minimum_lead=timedelta()
        ),
        after=After("staging", timedelta(days=14)),
        deployers=("sre",),
    )
    return replace(environment, **changes)


JIRA = JiraSettings(
    url="https://acme.atlassian.net",
    flavour="cloud",
    projects=("CHG",),
    types=(),
    approvals=(ApprovalPlace("jsm"),),
    scope=("component", "description"),
    deployable=("Approved", "Implementing"),
    rollback_plan=("customfield_10080",),
    test_plan=("customfield_10081",),
    window=WindowFields("customfield_10008", "customfield_10009"),
)


def good_policy(
    environment: Environment | None = None, *, jira: JiraSettings | None = None, **changes: Any
) -> Policy:
    """bob and carol are the change board; mallory is nobody's account."""
    environment = environment or good_environment()
    policy = Policy(
        text=b"# the policy\n",
        sha256="e" * 64,
        log=LogSettings("dir:change-log", "acme.example/changes", "trust"),
        evidence=EvidenceSettings("dir:change-evidence"),
        forges={"github": ForgeSettings("github", "https://github.com", "https://api.github.com")},
        tickets={"jira": jira or JIRA},
        services={"shop": Service("shop", REPOSITORY, ("main", "release/*"), ("shop", "Web shop"))},
        environments={environment.name: environment},
        groups={"change-board": ("bob", "carol"), "sre": ("erin",)},
        one_account_per_person=(),
        people=tuple(person(name) for name in ("alice", "bob", "carol", "dave", "erin")),
        network=NetworkSettings(),
    )
    return replace(policy, **changes)


def good_approval(name: str = "bob", clock: str = "09:00", **changes: Any) -> Approval:
    approval = Approval(jira(name), Verdict.APPROVED, at(clock), "jsm", "10")
    return replace(approval, **changes)


def good_review(name: str = "carol", clock: str = "08:50", **changes: Any) -> Approval:
    review = Approval(
        github(name), Verdict.APPROVED, at(clock), "review", f"r-{name}", commit=SECOND_SHA
    )
    return replace(review, **changes)


def good_ticket(**changes: Any) -> ChangeRequest:
    ticket = ChangeRequest(
        system="jira",
        id="10001",
        key="CHG-1",
        url="https://acme.atlassian.net/browse/CHG-1",
        project="CHG",
        type="Change",
        status=Status("3", "Approved"),
        created_at=at("08:00"),
        creator=jira("dave"),
        reporter=jira("dave"),
        approvals=(good_approval(),),
        scope=(EditedText("component", "Web shop", at("08:05"), jira("dave")),),
        rollback_plan=(
            EditedText(
                "customfield_10080",
                "Deploy the previous release again and check the dashboards.",
                at("08:06"),
                jira("dave"),
            ),
        ),
        test_plan=(
            EditedText(
                "customfield_10081",
                "Run the checkout suite on staging, then buy one book.",
                at("08:07"),
                jira("dave"),
            ),
        ),
        summary="Faster checkout",
        window=Window(at("09:00"), at("10:00"), at("08:08")),
        neighbours=(Neighbour("CHG-0", at("07:55")),),
        sent_back=None,
    )
    return replace(ticket, **changes)


def good_entry(name: str = "bob", **changes: Any) -> Approval:
    """That the run may enter its environment, by GitHub, which tells no time of it."""
    approval = Approval(
        github(name),
        Verdict.APPROVED,
        None,
        "environment",
        "0",
        latest_possible=True,
        commit=MERGE_SHA,
        not_before=at("09:15"),
    )
    return replace(approval, **changes)


def tree_of(sha: str) -> str:
    """What a commit holds: the merge holds what the head of the pull request does."""
    return {MERGE_SHA: SECOND_SHA}.get(sha, sha)[::-1].replace("2", "f")


def good_commit(sha: str, parent: str, **changes: Any) -> Commit:
    commit = Commit(
        sha,
        (parent,),
        github("alice"),
        github("alice"),
        (),
        "Speed up the checkout",
        tree=tree_of(sha),
    )
    return replace(commit, **changes)


def good_commits() -> tuple[Commit, ...]:
    return (
        good_commit(FIRST_SHA, BASE_SHA),
        good_commit(SECOND_SHA, FIRST_SHA),
        good_commit(
            MERGE_SHA,
            BASE_SHA,
            parents=(BASE_SHA, SECOND_SHA),
            author=github("carol"),
            committer=Account("github", "web-flow", AccountKind.APP),
            message="Merge pull request #12",
            merged_by_forge=True,
        ),
    )


def good_push(name: str = "alice", clock: str = "08:30", **changes: Any) -> Push:
    push = Push(at(clock), github(name), "refs/heads/faster", FIRST_SHA, SECOND_SHA)
    return replace(push, **changes)


def good_pull_request(**changes: Any) -> PullRequest:
    pull_request = PullRequest(
        number=12,
        url=f"{REPOSITORY}/pull/12",
        title="CHG-1 Faster checkout",
        author=github("alice"),
        head_ref="faster",
        head_sha=SECOND_SHA,
        base_ref="main",
        merge_sha=MERGE_SHA,
        merged_at=at("09:10"),
        merged_by=github("carol"),
        into_release_ref=True,
        brings=(FIRST_SHA, SECOND_SHA, MERGE_SHA),
        reviews=(good_review(),),
        pushes=(
            good_push(clock="08:20", before="0" * 40, after=FIRST_SHA),
            good_push(),
        ),
        retargeted_at=None,
        commits=good_commits()[:2],
        landed_at=at("09:10"),
    )
    return replace(pull_request, **changes)


GOOD_BASE = Base(BaseKind.DEPLOYED, BASE_SHA, 6)


def good_change(**changes: Any) -> Change:
    change = Change(
        repository=REPOSITORY,
        base=GOOD_BASE,
        head=MERGE_SHA,
        base_is_ancestor=True,
        commits=good_commits(),
        pull_requests=(good_pull_request(),),
        direct_pushes=(),
        push_of={},
        release_refs=("main",),
    )
    return replace(change, **changes)


def good_run(**changes: Any) -> Run:
    run = Run(
        ci="github",
        id=RUN_ID,
        attempt=1,
        repository=REPOSITORY,
        head_sha=MERGE_SHA,
        created_at=at("09:15"),
        actor=github("erin"),
        active=True,
        url=f"{REPOSITORY}/actions/runs/{RUN_ID}",
    )
    return replace(run, **changes)


def good_deployment(**changes: Any) -> Deployment:
    deployment = Deployment(
        service="shop",
        environment="production",
        commit=MERGE_SHA,
        run=RunClaim("github", RUN_ID, "1", "", REPOSITORY, "refs/heads/main", MERGE_SHA, "erin"),
        commit_from_run=True,
    )
    return replace(deployment, **changes)


def shell_deployment(**changes: Any) -> Deployment:
    return good_deployment(run=RunClaim("shell"), commit_from_run=False, **changes)


def good_history(**changes: Any) -> History:
    """CHG-1 was looked for in the log, and let nothing in yet."""
    history = History(
        size=7, root="a" * 64, base=GOOD_BASE, uses={"CHG-1": ()}, earlier=good_earlier()
    )
    return replace(history, **changes)


def good_earlier(*deployments: EarlierDeployment) -> Earlier:
    """The commit went to staging an hour ago, or as told."""
    return Earlier("staging", deployments or (earlier_deployment(),))


def earlier_deployment(
    index: int = 5, clock: str = "08:30", outcome: str = "succeeded", *digests: str
) -> EarlierDeployment:
    """A deployment to staging that ended at ``index``, of artifacts with these digests."""
    artifacts = tuple(Artifact(f"artifact-{digest[:4]}", digest) for digest in digests)
    return EarlierDeployment(
        EntryLink(index - 1, "d" * 64), EntryLink(index, "e" * 64), at(clock), outcome, artifacts
    )


def good_use(clock: str, commit: str = FIRST_SHA, service: str = "shop") -> TicketUse:
    """What an earlier record let in under a ticket; by default another commit."""
    return TicketUse(EntryLink(3, "c" * 64), at(clock), service, commit)


def reference(key: str = "CHG-1", source: TicketSource = TicketSource.OPTION) -> TicketReference:
    return TicketReference("jira", key, source)


def good_facts(*tickets: ChangeRequest, **changes: Any) -> Facts:
    """The good world; tickets given replace CHG-1, keywords replace whole facts."""
    tickets = tickets or (good_ticket(),)
    references = tuple(reference(ticket.key) for ticket in tickets)
    facts = Facts(
        deployment=good_deployment(),
        run=good_run(),
        given=references,
        tickets=tuple(Lookup(one, ticket) for one, ticket in zip(references, tickets, strict=True)),
        change=good_change(),
        history=good_history(uses={ticket.key: () for ticket in tickets}),
        deployed_before=(),
        clocks=(ClockReading("jira", 0.4, 1.2),),
        pin=PinState.PINNED,
    )
    return replace(facts, **changes)


def with_pull_request(**changes: Any) -> Facts:
    """The good world with another pull request #12."""
    return good_facts(change=good_change(pull_requests=(good_pull_request(**changes),)))


def judged(
    control: str, facts: Facts | None = None, policy: Policy | None = None, now: datetime = NOW
) -> Judgement:
    """How a control judges a world; a judgement that is no pass must say what to do."""
    judgement = by_id(control).judge(facts or good_facts(), policy or good_policy(), now)
    for message in (judgement.expected, judgement.observed, judgement.remedy):
        if message is not None:
            message.text.format(**message.args)  # every argument of the text is there
    assert (judgement.remedy is None) == (judgement.outcome is Outcome.PASS)
    return judgement


def with_rules(policy: Policy | None = None, /, **changes: Any) -> Policy:
    """The good policy with other fields of ``approvals`` in production."""
    environment = (policy or good_policy()).environments["production"]
    rules = replace(environment.approvals, **changes)
    return replace(
        policy or good_policy(),
        environments={"production": replace(environment, approvals=rules)},
    )


def with_ticket_rules(environment: Environment | None = None, /, **changes: Any) -> Policy:
    """The good policy with other fields of ``ticket`` in production."""
    environment = environment or good_environment()
    return good_policy(replace(environment, ticket=replace(environment.ticket, **changes)))
