"""Who made a commit, and whether the forge or a signature vouches for it.

Git metadata only ever adds makers: whoever writes a commit writes the names in it. What vouches is
a push that the forge saw, by an account it still knows, or a signature that it verified.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.controls.change import Unit
from gate.frozen import dataclass
from gate.model import Account, AccountKind, Commit, Problem, PullRequest, Push

# GitHub commits under this name for people who edit on its site. The name is free for anybody to
# write, and as metadata it could only add a maker that is nobody; the pushers stand beside it.
_FORGE_ITSELF = frozenset({("github", "web-flow"), ("git", "noreply@github.com")})


@dataclass(frozen=True, slots=True)
class Makers:
    """The makers of a commit.

    ``nameless``: somebody had a hand in it whose account the forge no longer knows. ``vouched``:
    a known pusher or a verified signature stands behind it. ``problem``: its pushes could not be
    had, so that there may be more makers.
    """

    accounts: frozenset[Account]
    nameless: bool
    vouched: bool
    problem: Problem | None = None


def makers_of(commit: Commit, units: tuple[Unit, ...]) -> Makers:
    """The makers of a commit that came in by ``units``."""
    parts = [_of_push(unit.push) for unit in units if unit.push is not None]
    parts += [
        _of_pull_request(unit.pull_request, commit, by_hand=commit == unit.hand_merge)
        for unit in units
        if unit.pull_request is not None
    ]
    signer = commit.signer if commit.signer and _is_somebody(commit.signer) else None
    named = frozenset() if commit.merged_by_forge else frozenset(_named_in(commit))
    return Makers(
        accounts=named.union(*(part.accounts for part in parts)),
        nameless=any(part.nameless for part in parts),
        vouched=any(part.vouched for part in parts) or signer is not None,
        problem=next((part.problem for part in parts if part.problem is not None), None),
    )


def _of_push(push: Push) -> Makers:
    account = push.account
    known = frozenset({account} if account is not None else ())
    return Makers(known, nameless=account is None, vouched=account is not None)


def _of_pull_request(pull: PullRequest, commit: Commit, *, by_hand: bool) -> Makers:
    """Its author and pushers, those of others' work in it, and the people of its own commits.

    The last only behind a commit that the forge wrote in their place. Pushes to its branch say
    nothing of a merge that somebody made by hand.
    """
    pushes = pull.pushes if not isinstance(pull.pushes, Problem) else ()
    merged = pull.commits if commit.merged_by_forge else ()
    originals = merged if not isinstance(merged, Problem) else ()
    accounts = [pull.author, *pull.others, *(push.account for push in pushes)]
    known = {account for account in accounts if account is not None}
    known.update(account for original in originals for account in _named_in(original))
    problems = [part for part in (pull.pushes, merged) if isinstance(part, Problem)]
    is_told = bool(originals) or not commit.merged_by_forge
    return Makers(
        frozenset(known),
        nameless=None in accounts,
        vouched=bool(pushes)
        and is_told
        and not by_hand
        and None not in (p.account for p in pushes),
        problem=problems[0] if problems else None,
    )


def _named_in(commit: Commit) -> Iterator[Account]:
    """Author, committer and co-authors of the metadata, and the signer; not the forge itself."""
    for account in (commit.author, commit.committer, *commit.co_authors):
        if not _is_forge(account):
            yield account
    if commit.signer is not None and _is_somebody(commit.signer):
        yield commit.signer


def _is_somebody(signer: Account) -> bool:
    """Whether a signature is a person's; the forge's own key says nothing of who wrote it."""
    return signer.kind is AccountKind.PERSON and bool(signer.key) and not _is_forge(signer)


def _is_forge(account: Account) -> bool:
    return (account.system, account.key.lower()) in _FORGE_ITSELF
