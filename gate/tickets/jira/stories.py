"""Stories: issues that name the change request of a deployment by linking to it.

A story shows a link with the issue at its other end, in ``outwardIssue`` where the link begins at
the story and in ``inwardIssue`` where it ends there. Jira leaves out links to issues that our
account may not see, and whoever may link issues decides what stands here: a link says which change
requests are judged, never that one covers the change.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.config.types import JiraSettings, StoryLink
from gate.http.document import Document, ShapeError
from gate.tickets.ids import ProjectKeys

FIELDS = "project,issuelinks"
MOST = 20  # change requests of one story; more is a mistake
_ENDS = {"outwardIssue": "outward", "inwardIssue": "inward"}


def parse_story(reply: Document, key: str, settings: JiraSettings) -> tuple[str, ...]:
    """The keys of the change requests that a story links to, each once, in Jira's order.

    Raises ShapeError naming what is not as described, also for another issue than was asked for.
    """
    if reply["key"].text() != key:
        raise ShapeError("key is another than the story's that was asked for: it was moved")
    links = reply["fields"]["issuelinks"].each()
    found = dict.fromkeys(key for link in links for key in _change(link, settings))
    if len(found) > MOST:
        raise ShapeError(f"issuelinks has {len(found)} change requests, more than the {MOST} read")
    return tuple(found)


def _change(link: Document, settings: JiraSettings) -> Iterator[str]:
    """The key at the other end, where the link is one that leads to a change request."""
    ends = [name for name in _ENDS if link.find(name) is not None]
    if len(ends) != 1:
        raise ShapeError(f"{link.place} has not one issue at its other end")
    kind, direction = link["type"], _ENDS[ends[0]]
    names = {kind["id"].identifier(), kind["name"].text()}
    wanted = {StoryLink(name, direction) for name in names}
    key = link[ends[0]]["key"].text()
    if wanted & set(settings.story_links) and ProjectKeys(settings.projects).is_key(key):
        yield key


def named(links: tuple[StoryLink, ...]) -> tuple[str, ...]:
    """The links as a message names them."""
    return tuple(f"{link.type} ({link.direction})" for link in links)
