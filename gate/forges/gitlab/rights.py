"""What GitLab is asked to see what a token may read, beyond what enforce asks of any commit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.http import get_json
from gate.http.document import Document

if TYPE_CHECKING:
    from gate.http import Wire


def try_approvals(wire: Wire, slug: str) -> bool:
    """Read who let some deployment in; False where there is no deployment to try this on.

    Raises FetchError, and ShapeError where GitLab does not tell it, as without its Premium tier.
    """
    path = f"/projects/{quote(slug, safe='')}/deployments"
    rows = Document(get_json(wire, path, {"per_page": 1})).each()
    if not rows:
        return False
    Document(get_json(wire, f"{path}/{rows[0]['id'].identifier()}"))["approvals"].each()
    return True
