"""Change requests from ServiceNow, through its Table API.

``reader``, ``reading`` and ``client`` ask; ``change``, ``approvals``, ``audit``, ``texts``,
``accounts`` and ``table`` only look at what came back. ``numbers`` is the grammar of IDs, ``kind``
makes all of it of the policy's settings.
"""
