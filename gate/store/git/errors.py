"""What to tell of a git command that failed: our sentence, a remedy, and the line git gave.

Git's own words come last, on one line, without user names, passwords and control characters.
"""

from __future__ import annotations

import re

from gate.frozen import dataclass
from gate.store.contract import StoreError

_LONGEST = 240
_USERINFO = re.compile(r"//[^/@\s]*@")
_LAST_WORDS = re.compile(r"^(?:fatal|error|remote):[ \t]*\S.*$", re.MULTILINE)

_GIVE_RIGHTS = (
    "set GATE_LOG_TOKEN (or GATE_LOG_TOKEN_FILE) to a token that may read and push that repository"
)


@dataclass(frozen=True, slots=True)
class _Cause:
    """Any of ``words`` (regular expressions) in what git says means this, and asks for that."""

    words: tuple[str, ...]
    meaning: str
    remedy: str


_CAUSES = (
    _Cause(
        (
            *("could not read username", "could not read password", "authentication failed"),
            *("invalid credentials", "access denied", "returned error: 40[13]"),
            "terminal prompts disabled",
        ),
        "the remote does not accept the credentials",
        _GIVE_RIGHTS,
    ),
    _Cause(
        (r"permission denied \(publickey", "host key verification failed"),
        "ssh was not let in",
        "give the job a key that may push, and the host's key in known_hosts",
    ),
    _Cause(
        (
            *("no space left", "disk quota", "write error", "unable to create temporary"),
            *("file too large", "cannot store", "unable to write", "SIGXFSZ"),
        ),
        "a disk is full or cannot be written, here (TMPDIR) or on the remote",
        "free some space, then run again",
    ),
    _Cause(
        (r"\.lock'?: file exists",),
        "a git that was killed on the remote left its lock on the branch",
        "once no git is at work there, delete the .lock file that git names, then run again",
    ),
    _Cause(
        ("dubious ownership",),
        "the repository belongs to another user",
        "have the log's repository belong to the user that runs gate",
    ),
    _Cause(
        ("ssl certificate", "server certificate", "certificate verif", "cafile", "gnutls", "ssl_"),
        "the remote's certificate is not trusted",
        'name the CA in the policy: [log] ca = "…"',
    ),
    _Cause(
        (
            *("could not resolve", "failed to connect", "couldn't connect", "connection refused"),
            *("connection timed out", "network is unreachable", "no route"),
        ),
        "the remote cannot be reached",
        "check the log's url, the network and the proxy; then run again",
    ),
    _Cause(
        ("no answer within", "operation too slow"),
        "the remote did not answer in time",
        "run again; if it stays, ask who operates it",
    ),
    _Cause(
        ("redirect", "returned error: 30[0-9]"),
        "the remote moved to another address",
        "put the new address into the log's url: the token is not sent elsewhere",
    ),
    _Cause(
        ("not found", "does not exist", "does not appear to be a git repo", "no such file"),
        "there is no such repository, or the credentials may not see it",
        "check the log's url; then " + _GIVE_RIGHTS,
    ),
    _Cause(
        ("not our ref", "does not allow request", "not allow request"),
        "the remote does not give objects by their ids",
        "use a remote that speaks version 2 of git's protocol",
    ),
    _Cause(
        ("object-format", "mismatched algorithms", "hash algorithm"),
        "the remote uses SHA-256 for its objects, which this store does not speak",
        "keep the log in a repository with SHA-1; its safety does not rest on git's hashes",
    ),
)


def explain_git(error: str, what: str, url: str) -> StoreError:
    """The error for git's standard error while it should ``what`` ("read") the log at ``url``."""
    for cause in _CAUSES:
        if any(re.search(words, error, re.IGNORECASE) for words in cause.words):
            return StoreError(
                f"cannot {what} the log {url}: {cause.meaning}{said(error)}", remedy=cause.remedy
            )
    return StoreError(
        f"cannot {what} the log {url}: git failed{said(error)}",
        remedy="put that right, then run again",
    )


def said(error: str) -> str:
    """The line of git's words that tells most, quoted; "" if there is none."""
    lines = [one.strip() for one in _LAST_WORDS.findall(_USERINFO.sub("//", error))]
    told = [one for one in lines if not one.startswith("fatal: could not read Username")] or lines
    if not told:
        return ""
    line = "".join(c if " " <= c <= "~" else "?" for c in told[0])
    return f" (git: {line[:_LONGEST]})"


def refused(error: str, url: str) -> StoreError:
    """The error for a push that the remote's rules do not allow."""
    return StoreError(
        f"not recorded: the remote of the log {url} refuses the push{said(error)}",
        remedy="let the account that runs gate push to that branch (without force: it needs none), "
        "and see that no rule wants pull requests, reviews, checks or signed commits there",
    )
