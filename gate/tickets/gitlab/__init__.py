"""Change requests from issues of GitLab.

``reader``, ``reading``, ``pages``, ``rights`` and ``client`` ask; ``issue``, ``events``, ``notes``,
``order``, ``approvals`` and ``texts`` only look at what came back. ``names`` is the grammar of IDs,
``kind`` makes all of it of the policy's settings.
"""
