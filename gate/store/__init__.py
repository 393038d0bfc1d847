"""Where a log's objects are kept, and the one step that changes it: replacing the head.

Readers see the layout of C2SP tlog-tiles in every store::

    checkpoint                         the signed head; it alone says how long the log is
    tile/<L>/<N>[.p/<W>]               hashes
    tile/entries/<N>[.p/<W>]           entry bundles
    evidence/<xx>/<sha256>             one evidence bundle a record, xx the first two digits

Beside them each store keeps an index in the form that suits it: from a key ("ticket", "CHG-1") to
the places of the entries that have it. It is derived and can be made anew from the entries, so it
is only ever a hint: readers check each hit against the entry, and do not take silence for absence.

==============  ===================================================================
``contract``    what every store does; ``tests/contract/store`` holds each to it
``directory``   a folder of the local file system
``memory``      nothing that lasts: for tests and the demonstration
``git``         a branch of a git remote. With it: ``git_url`` (what its URL names), ``git_run``
                (how git is run), ``git_remote`` (what is asked of the remote), ``git_objects``,
                ``git_tree`` and ``git_files`` (what is here of a commit), ``git_ahead`` (what to
                fetch along), ``git_index`` (the form of its index), ``git_commit``,
                ``git_publish`` (a push and its doubtful ends), ``git_errors`` (what to tell)
``index``       the directory's index, one SQLite file
``lock``        one writer at a time, by a lock that the operating system drops
``durable``     the system calls that make a file last
``object``      a bucket of an object store: many writers, no server; ``bucket`` is its door to the
                engine, ``trail`` finds the head, ``chain`` judges commits, ``publish`` follows
                them, ``examine`` and ``primitive`` are for those who check
``disclosure``  where disclosures live, apart from the log because they must be erasable
``open``        from a URL of the configuration to a store
==============  ===================================================================
"""
