"""What each fault must come to: the words that tell it, and what may go on all the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gate.http.failure import credentials_of


@dataclass(frozen=True)
class Words:
    """What a message about a fault says: of the cause, and of what to do (regular expressions)."""

    cause: str
    remedy: str


RATE = r"limits how often we may ask \(429\)"
BROKEN = r"gate\.toml|proxy|login page|run again|gate doctor"
WORDS: dict[str, Words] = {
    "too slow": Words("time budget", r"run again; raise network\.budget"),
    "hang": Words("time budget", r"run again; raise network\.budget"),
    "reset": Words("could not be reached", "check that the service is up and reachable"),
    "401": Words("did not accept the credentials", "check {variables}"),
    "403": Words(r"forbids this \(403\)|shows gate's account no whole history", "account"),
    "404": Words(
        r"\(404\)|no Jira at this URL|Service Management says|does not exist"
        r"|shows gate's account no whole history|hidden",
        r"account|may see|check the URL|check tickets\.",
    ),
    "409": Words(r"refused the request \(409\)|409", "URL in gate.toml|run again"),
    "429": Words(RATE, r"run again (later|in \d+ s), or raise the rate limit"),
    "429 for seconds": Words(RATE, "run again in 7 s, or raise the rate limit"),
    "429 until a date": Words(RATE, r"run again in [89] s, or raise the rate limit"),
    "429 for an hour": Words(RATE, "run again in 3600 s, or raise"),
    "500": Words(r"failed to answer \(500\)", "status page"),
    "502": Words(r"failed to answer \(502\)", "status page"),
    "503": Words(r"failed to answer \(503\)", "status page"),
    "html": Words("HTML page, not JSON: a login page, or of an instance that sleeps", "login page"),
    "empty": Words("the reply is empty", "URL in gate.toml"),
    "truncated": Words("broke off or cannot be decoded", "check that the service is up"),
    "wrong types": Words("is not an? |not what|is no |are not |does not|cannot", BROKEN),
    "huge": Words("larger than 10 MB", "URL in gate.toml"),
    "redirect": Words(r"redirects to another place \(login\.example\)", "own API URL"),
    "clock ahead": Words("behind {service}", "clock"),
    "clock behind": Words("ahead of {service}", "clock"),
}
CLOCKS = frozenset({"clock ahead", "clock behind"})
# These change what is in a list and nothing else, and a list may be of what is not needed.
PARTIAL = frozenset({"stale", "hidden"})
HARMLESS = frozenset({"slow"})

NUMBERS = "a number that is not in use is a gap like any other; each ticket tells something alone"


@dataclass(frozen=True)
class Unneeded:
    """Replies that may go wrong and stop nothing, since nothing rests on them alone, and why."""

    sites: str
    fault: str
    request: str
    reason: str

    def is_of(self, site: str, fault: str) -> bool:
        return bool(re.fullmatch(self.sites, site) and re.fullmatch(self.fault, fault))


UNNEEDED: tuple[Unneeded, ...] = (
    Unneeded("servicenow", "hidden", "numberIN", NUMBERS),
    Unneeded("jira-cloud", "hidden", "bulkfetch", NUMBERS),
    Unneeded("jira-datacenter", "hidden", r"search\?jql", NUMBERS),
    Unneeded("github-issues", "404", r"changes/issues/[123]$", NUMBERS),
    Unneeded("gitlab-issues", "hidden", r"changes/issues\?iids", NUMBERS),
)


def cause_of(fault: str, service: str) -> re.Pattern[str]:
    return re.compile(WORDS[fault].cause.format(service=service))


def remedy_of(fault: str, service: str) -> re.Pattern[str]:
    """What to do; where credentials are at fault, the message names a variable of theirs."""
    variables = "|".join(re.findall(r"[A-Z_]{5,}", credentials_of(service)))
    return re.compile(WORDS[fault].remedy.replace("{variables}", f"({variables})"))
