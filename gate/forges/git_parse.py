"""Reading what git prints: raw commit objects (gitformat-pack, git-cat-file(1))."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gate.forges.trailers import co_authors
from gate.model import COMMIT_ID, Account, AccountKind, Commit

_USER = re.compile(r"//[^/]*@")  # also of the inner URL of a transport helper ("ext::")
_QUERY = re.compile(r"[?#]")
_PERSON = re.compile(rb"(.*?) ?<([^<>]*)> -?[0-9]+ [+-][0-9]+")


class GitFormatError(Exception):
    """Git printed what it should not."""


def parse_batch(data: bytes) -> tuple[Commit, ...]:
    """The commits in the output of ``git cat-file --batch``, in its order.

    Raises GitFormatError for a missing object, another type, or bytes that do not add up.
    """
    commits = []
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        header = data[at:end].decode("ascii", "replace").split(" ") if end >= 0 else []
        if len(header) != 3 or header[1] != "commit" or not header[2].isdecimal():
            raise GitFormatError("an object of the range is missing or is no commit")
        size = int(header[2])
        body = data[end + 1 : end + 1 + size]
        if len(body) != size:
            raise GitFormatError("the output of git cat-file broke off")
        commits.append(parse_commit(header[0], body))
        at = end + 1 + size + 1
    return tuple(commits)


def parse_commit(sha: str, raw: bytes) -> Commit:
    """A raw commit object. Authors and committers are claims, so accounts of system "git"."""
    head, _, body = raw.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        if not line.startswith(b" "):  # such a line continues a signature
            name, _, value = line.partition(b" ")
            fields.setdefault(name, []).append(value)
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace")
    parents = tuple(parent.decode("ascii", "replace") for parent in fields.get(b"parent", []))
    if not all(COMMIT_ID.fullmatch(parent) for parent in parents):
        raise GitFormatError("a commit names a parent that is no object id")
    message = _text(body, encoding)
    return Commit(
        sha=sha,
        parents=parents,
        author=_person(fields.get(b"author", []), encoding),
        committer=_person(fields.get(b"committer", []), encoding),
        co_authors=co_authors(message),
        message=message,
        tree=fields.get(b"tree", [b""])[0].decode("ascii", "replace"),
    )


def _person(lines: list[bytes], encoding: str) -> Account:
    if len(lines) != 1 or (match := _PERSON.fullmatch(lines[0])) is None:
        raise GitFormatError("a commit has no legible author or committer")
    name, email = _text(match[1], encoding), _text(match[2], encoding).strip().lower()
    kind = AccountKind.PERSON if email else AccountKind.UNKNOWN
    return Account("git", email, kind, name)


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def without_credentials(url: str) -> str:
    """A remote's URL without user name, password, query and fragment, whatever its scheme.

    What is no URL (``host:path``) as it is; "" for what only looks like one.
    """
    if "//" not in url:
        return url
    try:
        if not urlsplit(url).scheme:
            return url
    except ValueError:
        return ""
    return _USER.sub("//", _QUERY.split(url, maxsplit=1)[0])
