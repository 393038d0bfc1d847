"""What GitHub is asked to see what a token may read, beyond what enforce asks of any commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.http import get_json
from gate.http.document import Document

if TYPE_CHECKING:
    from gate.http import Wire


def try_approvals(wire: Wire, slug: str) -> bool:
    """Read who let the newest run in; False where there is no run to try this on.

    Raises FetchError, and ShapeError where GitHub does not tell it.
    """
    path = f"/repos/{slug}/actions/runs"
    rows = Document(get_json(wire, path, {"per_page": 1}))["workflow_runs"].each()
    if not rows:
        return False
    get_json(wire, f"{path}/{rows[0]['id'].identifier()}/approvals")
    return True
