"""The code change: what a forge, or local git standing in for one, can tell of a commit.

``github`` asks GitHub's REST API and yields facts. ``git`` asks the local clone, and what it can
only claim is a ``Problem`` of kind ``CLAIM``; ``remerge`` has it merge pull requests anew. The
readers do the asking; everything that reads an answer is pure.
"""
