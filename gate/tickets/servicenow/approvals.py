"""Who approved a change, person by person, from the rows of ``sysapproval_approver``.

A row asks one person. What they decided is its ``state``; *who* set it and when, the audit tells,
since others may set it too (a delegate, an administrator, a flow). Where the audit is not to be
read, the row was last updated at the latest possible time of the decision, and whoever updated it
last must be the one it asks: else it is not known who decided.

An objection stands until its giver withdraws it: that somebody else set the row back does not end
it. A group's or the change's own "rejected" that no person's row explains is an objection of nobody
in particular. A row that somebody moved here from another change tells what was decided about that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import ShapeError
from gate.model import Account, AccountKind, Approval, Verdict
from gate.tickets.servicenow.accounts import SYSTEM, fields_of, folded, named, parse_person
from gate.tickets.servicenow.audit import Audit, Edit
from gate.tickets.servicenow.table import IncompleteError, Row

SOURCE = "approver"
FIELDS = (
    *("sys_id", "sysapproval", "group", "state", "sys_created_on", "sys_updated_on"),
    *("sys_updated_by", "sys_mod_count", *fields_of("approver")),
)
OF_CHANGE = "sysapproval"
GROUP_FIELDS = ("sys_id", "parent", "approval", "sys_updated_on")

_NOBODY = Account(SYSTEM, "")
_APPROVED, _REJECTED = "approved", "rejected"
_WAITING = frozenset({"requested", "not requested"})
_NOTHING = frozenset({"cancelled", "not_required", "duplicate"})


@dataclass(frozen=True, slots=True)
class Ask:
    """One person asked: ``approver`` None where the user was deleted; ``group`` "" for none."""

    id: str
    approver: Account | None
    group: str
    state: str
    created_at: datetime
    updated_at: datetime
    updated_by: str
    updates: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group asked, and what came of it."""

    id: str
    state: str
    updated_at: datetime


def parse_asks(rows: Iterable[Row], change: str) -> tuple[Ask, ...]:
    """The rows of the change (its sys_id) and of no other, each once."""
    asks: dict[str, Ask] = {}
    for row in rows:
        if row.sys_id("sysapproval") != change:
            raise IncompleteError("approvals of another change came back than was asked for")
        ask = Ask(
            id=row.sys_id("sys_id"),
            approver=parse_person(row, "approver"),
            group=row.value("group"),
            state=_known(row, "state"),
            created_at=row.time("sys_created_on"),
            updated_at=row.time("sys_updated_on"),
            updated_by=folded(row.text("sys_updated_by")),
            updates=row.count("sys_mod_count"),
        )
        if ask.id in asks:
            raise IncompleteError("the list of approvals shows one of them twice")
        asks[ask.id] = ask
    return tuple(sorted(asks.values(), key=lambda ask: (ask.created_at, ask.id)))


def parse_groups(rows: Iterable[Row], change: str) -> tuple[Group, ...]:
    """The groups that the change (its sys_id) asks, and those of no other."""
    groups: dict[str, Group] = {}
    for row in rows:
        if row.sys_id("parent") != change:
            raise IncompleteError("group approvals of another change came back than was asked for")
        group = Group(row.sys_id("sys_id"), _known(row, "approval"), row.time("sys_updated_on"))
        if group.id in groups:
            raise IncompleteError("the list of group approvals shows one of them twice")
        groups[group.id] = group
    return tuple(sorted(groups.values(), key=lambda group: group.id))


def assemble(
    asks: Sequence[Ask], groups: Sequence[Group], audit: Audit | None, rejected_at: datetime | None
) -> tuple[Approval, ...]:
    """Every person's decision, objections that were withdrawn left out.

    ``audit`` None: it is not to be read. ``rejected_at`` is when the change itself was last
    updated, where it says that it is rejected. Raises IncompleteError where it cannot be told
    whether somebody's objection was taken away, or what was decided about.
    """
    rows = {ask.id for ask in asks}
    if audit and any(e.document in rows and e.field == OF_CHANGE for e in audit.edits):
        raise IncompleteError("somebody moved an approval here from another change")
    known = {ask.approver.key: ask.approver for ask in asks if ask.approver is not None}
    edits = {a.id: audit.of(a.id, "state", a.state) if audit else () for a in asks}
    # Where some rows have edits, the table is audited, and a row without any was never decided.
    is_audited = any(edits.values())
    given: list[Approval] = []
    for ask in asks:
        if edits[ask.id]:
            given += _by_audit(ask, edits[ask.id], known)
        elif is_audited:
            given += _as_made(ask)
        else:
            given += _by_update(ask, asks)
    objected = {a.id for a in given if a.verdict is Verdict.DECLINED}
    for group in groups:
        if group.state == _REJECTED and not any(
            ask.group == group.id and ask.id in objected for ask in asks
        ):
            given.append(_nobodys(group.updated_at, "group", group.id))
    standing = [a for a in given if not any(_withdraws(b, a) for b in given)]
    # Somebody's withdrawn objection does not explain why the change is rejected still.
    if rejected_at is not None and not any(a.verdict is Verdict.DECLINED for a in standing):
        standing.append(_nobodys(rejected_at, "change", ""))
    return tuple(standing)


def _by_audit(ask: Ask, edits: tuple[Edit, ...], known: dict[str, Account]) -> list[Approval]:
    """What the edits of its state tell: who set it last, and objections before that."""
    given = []
    if edits[0].old == _REJECTED and folded(edits[0].user) != (ask.approver or _NOBODY).key:
        # It was made rejected: an objection of whom it asks, which somebody else took away.
        given.append(Approval(ask.approver, Verdict.DECLINED, ask.created_at, SOURCE, ask.id))
    for edit, later in zip(edits, (*edits[1:], None), strict=True):
        account = _whose(ask, edit, known)
        if edit.new == _REJECTED:
            is_undone = later is not None and folded(later.user) == folded(edit.user)
            if not is_undone:
                given.append(Approval(account, Verdict.DECLINED, edit.at, SOURCE, ask.id))
        elif edit.new == _APPROVED and later is None:
            given.append(Approval(account, Verdict.APPROVED, edit.at, SOURCE, ask.id))
    if ask.state in _WAITING:
        given.append(Approval(ask.approver, Verdict.PENDING, None, SOURCE, ask.id))
    return given


def _whose(ask: Ask, edit: Edit, known: dict[str, Account]) -> Account | None:
    """Whoever set the state decided, whomever the row asks."""
    user = folded(edit.user)
    if ask.approver is None:
        return None
    return known.get(user) or named(edit.user)


def _as_made(ask: Ask) -> list[Approval]:
    """A row that nobody ever decided, or that whoever made it made decided: not its approver."""
    if ask.state in _WAITING:
        return [Approval(ask.approver, Verdict.PENDING, None, SOURCE, ask.id)]
    return _decided(ask, mine=False)


def _by_update(ask: Ask, asks: Sequence[Ask]) -> list[Approval]:
    """What the row alone tells."""
    mine = ask.approver is not None and ask.approver.key == ask.updated_by
    if ask.state == _REJECTED:
        return _decided(ask, mine=mine)
    if ask.updates and not mine and not _settled_by_another(ask, asks):
        raise IncompleteError(
            "somebody else changed an approval that was asked for, and without the audit it cannot "
            "be told whether that took an objection away"
        )
    if ask.state == _APPROVED:
        return _decided(ask, mine=mine)
    if ask.state in _WAITING:
        return [Approval(ask.approver, Verdict.PENDING, None, SOURCE, ask.id)]
    return []


def _decided(ask: Ask, *, mine: bool) -> list[Approval]:
    """A decision between the row's creation and its last update, its approver's if ``mine``."""
    if ask.state not in {_APPROVED, _REJECTED}:
        return []
    account = ask.approver
    if account is not None and not mine:
        account = replace(account, kind=AccountKind.UNKNOWN)
    approval = Approval(
        account,
        Verdict.APPROVED if ask.state == _APPROVED else Verdict.DECLINED,
        ask.updated_at,
        SOURCE,
        ask.id,
        latest_possible=True,
        not_before=ask.created_at,
    )
    return [approval]


def _settled_by_another(ask: Ask, asks: Sequence[Ask]) -> bool:
    """Whether it is no longer required since somebody else of its group approved."""
    return ask.state == "not_required" and any(
        other.state == _APPROVED
        and other.group == ask.group
        and other.approver is not None
        and other.approver.key == ask.updated_by
        for other in asks
    )


def _nobodys(at: datetime, source: str, identifier: str) -> Approval:
    return Approval(None, Verdict.DECLINED, at, source, identifier, latest_possible=True)


def _withdraws(approval: Approval, objection: Approval) -> bool:
    """Whether whoever objected approved surely after that."""
    since = approval.not_before if approval.latest_possible else approval.decided_at
    return (
        objection.verdict is Verdict.DECLINED
        and approval.verdict is Verdict.APPROVED
        and objection.account is not None
        and approval.account == objection.account
        and approval.account.kind is AccountKind.PERSON
        and since is not None
        and objection.decided_at is not None
        and since >= objection.decided_at
    )


def _known(row: Row, field: str) -> str:
    state = row.text(field)
    if state not in {_APPROVED, _REJECTED, *_WAITING, *_NOTHING}:
        raise ShapeError(f"{field} of an approval is no state that is known")
    return state
