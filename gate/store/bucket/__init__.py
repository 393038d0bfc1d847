"""A log in a bucket of an object store: many writers, no server.

===============  ========================================================================
``store``        the store itself: the steps of an append, and who wins
``open``         from ``s3://bucket/prefix`` (``gs:``, ``az:``) to the store there
``engine``       what is asked of a bucket, one request at a time
``cloud``        a bucket by way of a library, which alone knows the providers
``careful``      a bucket whose doubtful answers are cleared up
``layout``       where a bucket keeps what, beside what all readers see
``commits``      the bytes of a commit
``chain``        what the bytes at a commit's place are: the next commit, or void
``trail``        the newest head, found from a hint and the commits after it
``publish``      the tiles, index rows and hint that follow from commits
``index``        the index: names of empty objects, newest first
``objects``      objects that never change, read once
``listing``      the names that all readers see
``examine``      every commit held against the log, for those who verify
``primitive``    whether the bucket creates exclusively, shown on itself
``disclosures``  no part of the log: who is behind its labels, in a place that can forget
===============  ========================================================================
"""
