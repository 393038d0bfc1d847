"""What a text names: a service, a pull request, a commit, the artifacts. Whole words only.

Letters, digits, underscores and hyphens belong to a word, and so does what a dot, slash, at or plus
sign ties to it: "shop" is named in "the shop, v2" and in "Shop's", but not in "shop-admin",
"workshop", "shop.acme.example" or "other/shop".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from gate.config.types import Service
from gate.model import Artifact, PullRequest

# Whoever makes a commit can try until its id begins as some approved ticket's text happens to:
# seven digits take seconds, sixteen more than anybody has.
SHA_AT_LEAST = 16
_WORD = r"\w\-\u2010-\u2015"
_BEFORE = rf"(?<![{_WORD}])(?<![{_WORD}][./@+\\])"
_AFTER = rf"(?![{_WORD}])(?![./@+\\:#][{_WORD}])"
_HEX = re.compile(rf"{_BEFORE}[0-9a-f]{{{SHA_AT_LEAST},64}}{_AFTER}", re.IGNORECASE)
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.IGNORECASE)
_MERGE_REQUEST = re.compile(r"(?P<project>.+?)(/-)?/merge_requests/[0-9]+")
_MARKS = {"Mn", "Mc", "Me"}
# Joiners, selectors and fillers that Unicode counts as marks or letters (Default_Ignorable).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_MASK = " \N{WHITE SQUARE} "


def plain(text: str) -> str:
    """The text as a reader sees it: compatibility forms unified, invisible characters gone.

    A mark over or within a letter belongs to its word.
    """
    visible = (c for c in unicodedata.normalize("NFKC", text) if not _is_invisible(c))
    return "".join("_" if unicodedata.category(c) in _MARKS else c for c in visible)


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or _UNSEEN.fullmatch(char) is not None


def names_service(text: str, service: Service, others: Iterable[Service]) -> bool:
    """Whether the text calls the service by one of its names, without regard to case.

    A longer name of another service that holds one of ours is that service's: "web shop" does not
    name "shop" where both are services.
    """
    ours = [name for name in service.names if name.strip()]
    for name in _longer(ours, service, others):
        text = _called(name).sub(_MASK, text)
    return any(_called(name).search(text) for name in ours)


def names_pull_request(text: str, pull: PullRequest) -> bool:
    """Whether the text names the pull request by its URL, or as "owner/name#12".

    On GitLab that is "group/name!12"; with "#" it would be issue 12, which is something else. A
    bare "#12" may be the pull request of any repository, or no pull request at all.
    """
    url = pull.url.rstrip("/")
    path = urlsplit(url).path.strip("/")
    on_gitlab = _MERGE_REQUEST.fullmatch(path)
    parts = path.split("/")
    ways = [re.escape(url)] if url else []
    if on_gitlab:
        ways.append(re.escape(f"{on_gitlab['project']}!{pull.number}"))
    elif len(parts) >= 4:
        ways.append(re.escape(f"{parts[0]}/{parts[1]}#{pull.number}"))
    return any(
        re.search(rf"(?<![\w/.\-]){way}(?![\w\-])", text, re.IGNORECASE) is not None for way in ways
    )


def names_ticket(text: str, key: str) -> bool:
    """Whether the text names the ticket, as written and as a whole word.

    A branch may go on after a hyphen ("CHG-1-fix"); "XCHG-1", "CHG-1a" and "CHG-12" name another.
    """
    return bool(key) and re.search(rf"(?<!\w){re.escape(key)}(?!\w|[-.][0-9])", text) is not None


def named_commits(text: str, shas: Iterable[str]) -> frozenset[str]:
    """Those of ``shas`` that the text names by their first sixteen or more hex digits."""
    words = tuple(word.lower() for word in _HEX.findall(text))
    return frozenset(sha for sha in shas if words and sha.startswith(words))


def names_artifacts(text: str, artifacts: Iterable[Artifact]) -> bool:
    """Whether the text names every artifact by its whole SHA-256; False where there is none.

    An artifact's name is the deployer's to choose, so a name alone is no evidence.
    """
    wanted = {artifact.sha256.lower() for artifact in artifacts}
    return bool(wanted) and wanted <= {digest.lower() for digest in _DIGEST.findall(text)}


@lru_cache(maxsize=256)
def _called(name: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in plain(name).split())
    return re.compile(f"{_BEFORE}{words}{_AFTER}", re.IGNORECASE)


def _longer(ours: list[str], service: Service, others: Iterable[Service]) -> Iterator[str]:
    own = {name.casefold() for name in ours}
    for other in others:
        if other.name == service.name:
            continue
        for name in other.names:
            if name.casefold() not in own and any(
                _called(mine).search(plain(name)) for mine in ours
            ):
                yield name
