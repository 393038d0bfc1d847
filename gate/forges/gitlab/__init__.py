"""GitLab by its REST API (version 4), through python-gitlab under gate's own session.

``reader`` is the door. What is to be asked is written as flows: each round of requests goes out
side by side, and there are never more than four rounds. How a change came in is told by the same
reasoning as for GitHub (the modules above this package), from what ``asking`` reads.

GitLab does not say of a push whether it was its own merge. So a merge is the forge's where its
content proves it (``patches``): what the merge commit brings to the target is, line by line, what
the merge request had. A merge of which that cannot be shown counts as a push of whoever merged.
"""

from gate.forges.gitlab.reader import GitLabReader

__all__ = ["GitLabReader"]
