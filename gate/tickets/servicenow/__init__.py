"""Change requests from ServiceNow, through its Table API.

``reader``, ``reading``, ``rights`` and ``client`` ask, ``notes`` writes; ``change``,
``approvals``, ``audit``, ``sent_back``, ``texts``, ``neighbours``, ``accounts`` and ``table`` only
look at what came back. ``numbers`` is the grammar of IDs, ``kind`` makes all of it of the policy's
settings.
"""
