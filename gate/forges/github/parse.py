"""Reading GitHub's JSON (REST API description 2022-11-28) into values. Pure and strict.

A field that is documented as always there and is missing, or of another type, is a ``ShapeError``:
nothing is guessed, and nothing is asked again.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from gate.forges.github.talk import ShapeError
from gate.forges.trailers import co_authors
from gate.frozen import dataclass
from gate.model import Account, AccountKind, Commit, Push

ZERO = re.compile(r"0{40}|0{64}")
FORGE_LOGIN = "web-flow"  # the committer of whatever is written on the site
FORGE_MERGES = frozenset({"pr_merge", "merge_queue_merge"})
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KINDS = {"User": AccountKind.PERSON, "Bot": AccountKind.APP}


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of a repository's activity: ``kind`` is its ``activity_type``."""

    id: int
    kind: str
    push: Push


@dataclass(frozen=True, slots=True)
class Review:
    """One review. ``state`` in capitals; ``at`` None while it is pending."""

    id: int
    account: Account | None
    state: str
    at: datetime | None
    commit: str


@dataclass(frozen=True, slots=True)
class PullRow:
    """A pull request, from a list or by itself.

    ``head_repository`` is "" where the fork is gone; ``commit_count`` and ``merged_by`` are None
    in lists; ``merge_sha`` is "" unless merged by a commit that is known.
    """

    number: int
    url: str
    title: str
    author: Account | None
    head_repository: str
    head_ref: str
    head_sha: str
    base_repository: str
    base_ref: str
    merged_at: datetime | None
    merge_sha: str
    merged_by: Account | None
    commit_count: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A page of a comparison. ``status`` tells how the head stands to the base."""

    status: str
    base: str
    merge_base: str
    total: int
    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref and what it points at: ``kind`` is "commit" or, for an annotated tag, "tag"."""

    name: str
    sha: str
    kind: str


# ---------------------------------------------------------------- fields


def row(data: Any, name: str = "the document") -> dict[str, Any]:
    """``data`` as an object."""
    if not isinstance(data, dict):
        raise ShapeError(f"{name} is no object")
    return data


def text(data: Any, name: str) -> str:
    """A member that is a string."""
    value = row(data).get(name)
    if not isinstance(value, str):
        raise ShapeError(f"{name} is no text")
    return value


def number(data: Any, name: str) -> int:
    """A member that is a whole number."""
    value = row(data).get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ShapeError(f"{name} is no whole number")
    return value


def sha(data: Any, name: str) -> str:
    """A member that is a full object id."""
    value = text(data, name)
    if not _SHA.fullmatch(value):
        raise ShapeError(f"{name} is no object id")
    return value


def moment(data: Any, name: str) -> datetime | None:
    """A member that is a time, or null. RFC 3339."""
    value = row(data).get(name)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ShapeError(f"{name} is no time") from None
    if parsed.tzinfo is None:
        raise ShapeError(f"{name} is a time without zone")
    return parsed.astimezone(UTC)


def instant(data: Any, name: str) -> datetime:
    """A member that is a time and must be there."""
    value = moment(data, name)
    if value is None:
        raise ShapeError(f"{name} is missing")
    return value


def member(data: Any, name: str) -> dict[str, Any]:
    """A member that is an object."""
    return row(row(data).get(name), name)


# ---------------------------------------------------------------- people


def account(data: Any) -> Account | None:
    """A user. None for null or the empty object: a deleted account, or an unmatched address."""
    if data is None or data == {}:
        return None
    login = text(data, "login")
    if not login:
        raise ShapeError("login is empty")
    kind = _KINDS.get(text(data, "type"), AccountKind.UNKNOWN)
    if login.lower() == FORGE_LOGIN or login.endswith("[bot]"):
        kind = AccountKind.APP
    return Account("github", login.lower(), kind, login)


def commit_account(user: Any, meta: Any) -> Account:
    """Author or committer: the account GitHub matched to the address, else the bare address."""
    found = account(user)
    if found is not None:
        return found
    address = text(meta, "email").strip().lower()
    kind = AccountKind.PERSON if address else AccountKind.UNKNOWN
    return Account("git", address, kind, text(meta, "name"))


# ---------------------------------------------------------------- commits


def commit(data: Any) -> Commit:
    """A commit of the commits, compare or pull-request endpoints.

    ``signer`` is the **committer's** account: that is whose key GitHub verified the signature by.
    GitHub's own signature on what is written on its site vouches for no person, so it gives none.
    """
    inner = member(data, "commit")
    parents = row(data).get("parents")
    if not isinstance(parents, list):
        raise ShapeError("parents is no list")
    message = text(inner, "message")
    committer = commit_account(row(data).get("committer"), member(inner, "committer"))
    return Commit(
        sha=sha(data, "sha"),
        parents=tuple(sha(parent, "sha") for parent in parents),
        author=commit_account(row(data).get("author"), member(inner, "author")),
        committer=committer,
        co_authors=co_authors(message),
        message=message,
        signer=_signer(inner.get("verification"), committer),
    )


def _signer(verification: Any, committer: Account) -> Account | None:
    if not isinstance(verification, dict):
        return None
    valid = verification.get("verified") is True and verification.get("reason") == "valid"
    is_person = committer.system == "github" and committer.kind is AccountKind.PERSON
    return committer if valid and is_person else None


def comparison(data: Any) -> Comparison:
    """``GET …/compare/{base}...{head}``."""
    commits = row(data).get("commits")
    if not isinstance(commits, list):
        raise ShapeError("commits is no list")
    return Comparison(
        status=text(data, "status"),
        base=sha(member(data, "base_commit"), "sha"),
        merge_base=sha(member(data, "merge_base_commit"), "sha"),
        total=number(data, "total_commits"),
        commits=tuple(commit(entry) for entry in commits),
    )


def ref(data: Any) -> Ref:
    """A row of ``GET …/git/matching-refs/…``."""
    target = member(data, "object")
    return Ref(text(data, "ref"), sha(target, "sha"), text(target, "type"))


def repository_name(data: Any) -> str:
    """``full_name`` of a repository."""
    return text(data, "full_name")


# ---------------------------------------------------------------- pull requests and pushes


def pull(data: Any) -> PullRow:
    """A pull request. ``merge_commit_sha`` of one that is not merged is only a trial merge."""
    head, base = member(data, "head"), member(data, "base")
    merged_at = moment(data, "merged_at")
    fork = head.get("repo")
    count = row(data).get("commits")
    has_merge = row(data).get("merge_commit_sha") is not None
    return PullRow(
        number=number(data, "number"),
        url=text(data, "html_url"),
        title=text(data, "title"),
        author=account(row(data).get("user")),
        head_repository=repository_name(fork) if fork is not None else "",
        head_ref=text(head, "ref"),
        head_sha=sha(head, "sha"),
        base_repository=repository_name(member(base, "repo")),
        base_ref=text(base, "ref"),
        merged_at=merged_at,
        merge_sha=sha(data, "merge_commit_sha") if merged_at and has_merge else "",
        merged_by=account(row(data).get("merged_by")),
        commit_count=None if count is None else number(data, "commits"),
    )


def review(data: Any) -> Review:
    """A row of ``GET …/pulls/{n}/reviews``."""
    commit_id = row(data).get("commit_id")
    state = text(data, "state").upper()
    return Review(
        id=number(data, "id"),
        account=account(row(data).get("user")),
        state=state,
        at=None if state == "PENDING" else instant(data, "submitted_at"),
        commit="" if commit_id is None else sha(data, "commit_id"),
    )


def activity(data: Any) -> Activity:
    """A row of ``GET …/activity``. A null actor is a deleted account."""
    return Activity(
        id=number(data, "id"),
        kind=text(data, "activity_type"),
        push=Push(
            at=instant(data, "timestamp"),
            account=account(row(data).get("actor")),
            ref=text(data, "ref"),
            before=sha(data, "before"),
            after=sha(data, "after"),
        ),
    )
