"""Change requests from GitHub Issues.

``reader``, ``reading``, ``rights`` and ``client`` ask, ``comments`` writes; ``issue``,
``timeline``, ``edits``, ``approvals`` and ``texts`` only look at what came back. ``names`` is the
grammar of IDs, ``kind`` makes all of it of the policy's settings.
"""
