"""GitHub by its REST API (version 2022-11-28), through PyGithub under gate's own session.

``reader`` is the door. What is to be asked is written as flows (``talk``): each round of requests
goes out side by side, and there are never more than four rounds. Reading a reply (``parse``) and
reasoning about pushes (``pushes``, ``assemble``) do no I/O.
"""

from gate.forges.github.reader import GitHubReader

__all__ = ["GitHubReader"]
