"""What an issue's title and description say, and when they were last edited."""

from __future__ import annotations

from gate.model import EditedText
from gate.tickets import markdown, sections
from gate.tickets.gitlab.approvals import check_own
from gate.tickets.gitlab.issue import Issue
from gate.tickets.gitlab.notes import Edit, Notes


def texts(locations: tuple[str, ...], issue: Issue, notes: Notes) -> tuple[EditedText, ...]:
    """What stands at the locations; raises IncompleteError where its history is another's."""
    check_own(issue, notes)
    found = (
        _edited("title", issue.title, issue, notes.title_edit())
        if location == "title"
        else _of_description(location, issue, notes.description_edit())
        for location in locations
    )
    return tuple(text for text in found if text is not None)


def _of_description(location: str, issue: Issue, edit: Edit | None) -> EditedText | None:
    """The description, or a section of it; None where it has and surely had nothing there."""
    blocks = markdown.blocks(issue.description)
    heading = location.partition("#")[2]
    found = sections.under(blocks, heading) if heading else sections.plain(blocks) or None
    if found is None and edit is None:
        return None
    return _edited(location, found or "", issue, edit)


def _edited(location: str, text: str, issue: Issue, edit: Edit | None) -> EditedText:
    if edit is None:
        return EditedText(location, text, issue.created_at, issue.author)
    return EditedText(location, text, edit.at, edit.by, latest_possible=not edit.is_certain)
