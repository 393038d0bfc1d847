"""Reading GitLab's JSON (REST API version 4) into values. Pure and strict.

A field that is documented as always there and is missing, or of another type, is a ``ShapeError``
that names it: nothing is guessed, and nothing is asked again.
"""

from __future__ import annotations

from datetime import datetime

from gate.forges import refs as names
from gate.forges.rows import UNTOLD, Activity, PullRow
from gate.forges.trailers import co_authors
from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.http.gitlab import account as any_account
from gate.model import Account, AccountKind, Commit, Push

MERGED = "merged"
_STATES = frozenset({"opened", "closed", "locked", MERGED})


@dataclass(frozen=True, slots=True)
class Version:
    """A diff version of a merge request: the head it was pushed to, and when the server saw it.

    ``head`` is "" where there was nothing to merge yet. ``base`` is the commit from which on it
    shows what is to be merged, "" where there is none.
    """

    head: str
    at: datetime
    base: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An approval that stands; ``at`` is None where GitLab does not say when."""

    account: Account | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer and the state of their review; ``at`` is when they were asked."""

    account: Account | None
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SystemNote:
    """GitLab's own record of what somebody did; None for a note that a person wrote."""

    account: Account | None
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Project:
    """A project: ``path`` is where it is now."""

    id: int
    path: str


# ---------------------------------------------------------------- people and places


def account(user: Document | None) -> Account | None:
    """A user. None for null and for the ghost: a deleted account."""
    return None if user is None else any_account(user)


def project(row: Document) -> Project:
    """``GET /projects/:id``."""
    return Project(row["id"].integer(), row["path_with_namespace"].text())


def ref(row: Document) -> str:
    """A row of ``GET …/repository/commits/:sha/refs``, as a whole ref name."""
    kind, name = row["type"].text(), row["name"].text()
    if kind not in {"branch", "tag"}:
        raise ShapeError(f"{row.place}.type is neither branch nor tag")
    return (names.HEADS if kind == "branch" else names.TAGS) + name


def tip(row: Document) -> str:
    """The commit that a branch or tag is on."""
    return row["commit"]["id"].commit_id()


# ---------------------------------------------------------------- commits


def commit(row: Document) -> Commit:
    """A commit. GitLab names no account in it, only the addresses that its author wrote.

    ``signer`` is not told here: signatures are asked for one by one.
    """
    message = row["message"].string()
    return Commit(
        sha=row["id"].commit_id(),
        parents=tuple(parent.commit_id() for parent in row["parent_ids"].each()),
        author=_by_address(row, "author"),
        committer=_by_address(row, "committer"),
        co_authors=co_authors(message),
        message=message,
    )


def _by_address(row: Document, who: str) -> Account:
    address = row[f"{who}_email"].string().strip().lower()
    kind = AccountKind.PERSON if address else AccountKind.UNKNOWN
    return Account("git", address, kind, row[f"{who}_name"].string())


def commit_id(row: Document) -> str:
    """The id of a commit."""
    return row["id"].commit_id()


# ---------------------------------------------------------------- merge requests and pushes


def pull(row: Document, slug: str) -> PullRow:
    """A merge request into the project ``slug``.

    The merge is the merge commit; without one the commit that was squashed, or the head itself.
    """
    state = row["state"].text()
    if state not in _STATES:
        raise ShapeError(f"{row.place or 'the reply'}.state is not one of a merge request")
    target, source = row["target_project_id"].integer(), row.find("source_project_id")
    is_ours = source is not None and source.integer() == target
    head = _commit_or_none(row, "sha")
    merge, squash = (
        _commit_or_none(row, "merge_commit_sha"),
        _commit_or_none(row, "squash_commit_sha"),
    )
    merged_at = row["merged_at"].time() if state == MERGED else None
    merged_by = row.find("merge_user") or row.find("merged_by")
    return PullRow(
        number=row["iid"].integer(),
        url=row["web_url"].text(),
        title=row["title"].string(),
        author=account(row["author"]),
        head_repository=slug if is_ours else str(source.integer()) if source else "",
        head_ref=row["source_branch"].text(),
        head_sha=head,
        base_repository=slug,
        base_ref=row["target_branch"].text(),
        merged_at=merged_at,
        merge_sha=(merge or squash or head) if merged_at else "",
        merged_by=account(merged_by) if merged_at else None,
        commit_count=None,
        squash_sha=squash if merged_at else "",
    )


def linked(row: Document, slug: str) -> PullRow | None:
    """A merge request of a commit; None for one that was closed without merging."""
    return None if row["state"].text() == "closed" else pull(row, slug)


def _commit_or_none(row: Document, name: str) -> str:
    """A commit id, "" where there is none."""
    found = row.find(name)
    return found.commit_id() if found else ""


def event(row: Document) -> Activity | None:
    """A push to a branch; None for a tag's, and for a bulk push, of which no commit is told.

    An event is written after the push; so its time is at the earliest the push's.
    """
    data = row["push_data"]
    before, after = (_commit_or_none(data, name) for name in ("commit_from", "commit_to"))
    if data["ref_type"].text() != "branch" or not (before or after):
        return None
    none = "0" * len(before or after)
    return Activity(
        id=row["id"].integer(),
        kind=UNTOLD,
        push=Push(
            at=row["created_at"].time(),
            account=account(row.find("author")),
            ref=names.HEADS + data["ref"].text(),
            before=before or none,
            after=after or none,
        ),
    )


def version(row: Document) -> Version:
    """A row of ``GET …/versions``; one without any commit has no head."""
    head, base = (_commit_or_none(row, f"{name}_commit_sha") for name in ("head", "base"))
    return Version(head, row["created_at"].time(), base)


def given(row: Document) -> Given:
    """A row of ``approved_by`` in ``GET …/approvals``."""
    at = row.find("approved_at")
    return Given(account(row["user"]), at.time() if at else None)


def reviewer(row: Document) -> Reviewer:
    """A row of ``GET …/reviewers``."""
    return Reviewer(account(row["user"]), row["state"].text(), row["created_at"].time())


def note(row: Document) -> SystemNote | None:
    """A row of ``GET …/notes``; None for what a person wrote."""
    if not row["system"].boolean():
        return None
    return SystemNote(account(row["author"]), row["body"].string(), row["created_at"].time())
