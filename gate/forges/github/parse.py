"""Reading GitHub's JSON (REST API description 2022-11-28) into values. Pure and strict.

A field that is documented as always there and is missing, or of another type, is a ``ShapeError``
that names it: nothing is guessed, and nothing is asked again.
"""

from __future__ import annotations

from datetime import datetime

from gate.forges.rows import Activity, PullRow, Ref
from gate.forges.trailers import co_authors
from gate.frozen import dataclass
from gate.http.document import Document
from gate.http.github import account as any_account
from gate.model import Account, AccountKind, Commit, Push


@dataclass(frozen=True, slots=True)
class Review:
    """One review. ``state`` in capitals; ``at`` None while it is pending."""

    id: int
    account: Account | None
    state: str
    at: datetime | None
    commit: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A page of a comparison. ``status`` tells how the head stands to the base."""

    status: str
    base: str
    merge_base: str
    total: int
    commits: tuple[Commit, ...]


# ---------------------------------------------------------------- people


def account(user: Document | None) -> Account | None:
    """A user. None for null or the empty object: a deleted account, or an unmatched address."""
    return None if user is None or user.value == {} else any_account(user)


def commit_account(user: Document | None, meta: Document) -> Account:
    """Author or committer: the account GitHub matched to the address, else the bare address."""
    found = account(user)
    if found is not None:
        return found
    address = meta["email"].string().strip().lower()
    kind = AccountKind.PERSON if address else AccountKind.UNKNOWN
    return Account("git", address, kind, meta["name"].string())


# ---------------------------------------------------------------- commits


def commit(row: Document) -> Commit:
    """A commit of the commits, compare or pull-request endpoints.

    ``signer`` is the **committer's** account: that is whose key GitHub verified the signature by.
    GitHub's own signature on what is written on its site vouches for no person, so it gives none.
    """
    inner = row["commit"]
    message = inner["message"].string()
    tree = inner.find("tree")
    committer = commit_account(row.find("committer"), inner["committer"])
    return Commit(
        sha=row["sha"].commit_id(),
        parents=tuple(parent["sha"].commit_id() for parent in row["parents"].each()),
        author=commit_account(row.find("author"), inner["author"]),
        committer=committer,
        co_authors=co_authors(message),
        message=message,
        signer=_signer(inner.find("verification"), committer),
        tree=tree["sha"].commit_id() if tree else "",
    )


def _signer(verification: Document | None, committer: Account) -> Account | None:
    said = verification.object() if verification else {}
    valid = said.get("verified") is True and said.get("reason") == "valid"
    is_person = committer.system == "github" and committer.kind is AccountKind.PERSON
    return committer if valid and is_person else None


def comparison(reply: Document) -> Comparison:
    """``GET …/compare/{base}...{head}``."""
    return Comparison(
        status=reply["status"].text(),
        base=reply["base_commit"]["sha"].commit_id(),
        merge_base=reply["merge_base_commit"]["sha"].commit_id(),
        total=reply["total_commits"].integer(),
        commits=tuple(commit(row) for row in reply["commits"].each()),
    )


def ref(row: Document) -> Ref:
    """A row of ``GET …/git/matching-refs/…``."""
    target = row["object"]
    return Ref(row["ref"].text(), target["sha"].commit_id(), target["type"].text())


def repository_name(repository: Document) -> str:
    """``full_name`` of a repository."""
    return repository["full_name"].text()


# ---------------------------------------------------------------- pull requests and pushes


def pull(row: Document) -> PullRow:
    """A pull request. ``merge_commit_sha`` of one that is not merged is only a trial merge."""
    head, base = row["head"], row["base"]
    merged_at, merge = row.find("merged_at"), row.find("merge_commit_sha")
    fork, count = head.find("repo"), row.find("commits")
    return PullRow(
        number=row["number"].integer(),
        url=row["html_url"].text(),
        title=row["title"].string(),
        author=account(row.find("user")),
        head_repository=repository_name(fork) if fork else "",
        head_ref=head["ref"].text(),
        head_sha=head["sha"].commit_id(),
        base_repository=repository_name(base["repo"]),
        base_ref=base["ref"].text(),
        merged_at=merged_at.time() if merged_at else None,
        merge_sha=merge.commit_id() if merged_at and merge else "",
        merged_by=account(row.find("merged_by")),
        commit_count=count.integer() if count else None,
    )


def review(row: Document) -> Review:
    """A row of ``GET …/pulls/{n}/reviews``."""
    commit_id = row.find("commit_id")
    state = row["state"].text().upper()
    return Review(
        id=row["id"].integer(),
        account=account(row.find("user")),
        state=state,
        at=None if state == "PENDING" else row["submitted_at"].time(),
        commit=commit_id.commit_id() if commit_id else "",
    )


def activity(row: Document) -> Activity:
    """A row of ``GET …/activity``. A null actor is a deleted account."""
    return Activity(
        id=row["id"].integer(),
        kind=row["activity_type"].text(),
        push=Push(
            at=row["timestamp"].time(),
            account=account(row.find("actor")),
            ref=row["ref"].text(),
            before=row["before"].commit_id(),
            after=row["after"].commit_id(),
        ),
    )
