"""Reading a story live: which change requests it stands for. One request, beside who we are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from gate.http import FetchError
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.model import Maybe, MissingTicket, Problem
from gate.tickets.jira import stories
from gate.tickets.jira.reading import Site, project_problem
from gate.tickets.jira.stories import parse_story


def linked_changes(
    site: Site, story: str, pool: ThreadPoolExecutor
) -> Maybe[tuple[str, ...] | MissingTicket]:
    """The change requests of a story: its links and who we are, asked side by side."""
    client, path = site.client, f"issue/{story}"
    asked = pool.submit(site.myself)
    try:
        found = parse_story(client.read(path, {"fields": stories.FIELDS}), story, site.settings)
    except FetchError as error:
        account = asked.result()
        if error.status is None or error.status >= 429:
            return error.problem
        if isinstance(account, Problem):
            return account
        if error.status != 404:
            return error.problem
        return project_problem(client, story.rpartition("-")[0]) or MissingTicket()
    except ShapeError as error:
        return malformed("jira", client.label(path), str(error))
    account = asked.result()
    if isinstance(account, Problem):
        return account
    return found or MissingTicket(stories.named(site.settings.story_links))
