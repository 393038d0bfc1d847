"""Change requests from Jira Cloud (REST v3) and Jira Data Center (REST v2), through ``jira``.

``reader`` and ``client`` ask; ``issue``, ``history``, ``approvals``, ``texts``, ``window``,
``links``, ``neighbours`` and ``accounts`` only look at what came back.
"""

from gate.tickets.jira.reader import JiraReader

__all__ = ["JiraReader"]
