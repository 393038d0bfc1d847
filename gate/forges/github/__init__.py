"""GitHub by its REST API (version 2022-11-28), through PyGithub under gate's own session.

Which pull requests many commits came in by is asked by one GraphQL query (``linked``).

``reader`` is the door. What is to be asked is written as flows (``talk``): each round of requests
goes out side by side, and there are never more than four rounds. Reading a reply (``parse``) does
no I/O; how a change came in is told by the modules above this package, which know no forge.
"""

from gate.forges.github.reader import GitHubReader

__all__ = ["GitHubReader"]
