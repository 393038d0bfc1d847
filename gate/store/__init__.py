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
``open``        from a URL of the configuration to a store
``directory/``  a folder of the local file system
``bucket/``     a bucket of an object store: many writers, no server
``git/``        a branch of a git remote
``memory``      nothing that lasts: for tests and the demonstration
``disclosure``  where disclosures live, apart from the log because they must be erasable
``lock``        one writer at a time, by a lock that the operating system drops
``durable``     the system calls that make a file last
==============  ===================================================================
"""
