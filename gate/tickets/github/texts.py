"""What an issue's title and body say, and when they were last edited."""

from __future__ import annotations

from gate.model import EditedText
from gate.tickets import markdown, sections
from gate.tickets.github.edits import Edits
from gate.tickets.github.issue import Issue
from gate.tickets.github.timeline import Timeline


def title(issue: Issue, timeline: Timeline) -> EditedText:
    """The title; each change of it is an event."""
    if timeline.renamings:
        last = timeline.renamings[-1]
        return EditedText("title", issue.title, last.at, last.actor)
    return EditedText("title", issue.title, issue.created_at, issue.author)


def of_body(location: str, issue: Issue, edits: Edits) -> EditedText | None:
    """The body, or a section of it; None where it has and surely had nothing there."""
    blocks = markdown.blocks(edits.body)
    heading = location.partition("#")[2]
    found = sections.under(blocks, heading) if heading else sections.plain(blocks) or None
    if found is None and edits.at is None:
        return None
    if edits.at is None:
        return EditedText(location, found or "", issue.created_at, issue.author)
    return EditedText(location, found or "", edits.at, edits.by)
