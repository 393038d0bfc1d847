"""The code change: what a forge, or local git standing in for one, can tell of a commit.

``github`` and ``gitlab`` ask the REST APIs of these and yield facts. ``git`` asks the local clone,
and what it can only claim is a ``Problem`` of kind ``CLAIM``; ``remerge`` has it merge pull
requests anew, and ``trees`` tell what commits hold. How a change came in is told here, for each
forge alike: ``change`` begins, asking what a ``Source`` is for (``source``) in rounds that are
bounded (``talk``), ``search`` finds the pull requests of the range, and ``assemble`` arranges what
was read. The readers do the asking; everything that reads an answer is pure.
"""
