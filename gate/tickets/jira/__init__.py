"""Change requests from Jira Cloud (REST v3) and Jira Data Center (REST v2), through ``jira``.

``reader``, ``reading``, ``linking``, ``rights`` and ``client`` ask, ``comments`` writes; ``issue``,
``history``, ``approvals``, ``sent_back``, ``texts``, ``window``, ``links``, ``stories``,
``neighbours`` and ``accounts`` only look at what came back; ``adf`` makes plain what Jira Cloud
writes texts in.
"""

from gate.tickets.jira.reader import JiraReader

__all__ = ["JiraReader"]
