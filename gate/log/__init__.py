"""The log of records: reading it at a verified head, appending to it, verifying all of it.

Each room imports only from those above it: ``history``, ``receipts`` and ``witnesses`` from
``reading`` alone, ``verifying`` from neither ``witnesses`` nor ``writing``.

==============  ============================================================================
``reading/``    the log as a signed head fixes it, whom it believes, and what is found in it
``history/``    what it proves of a service, an environment, a ticket, an emergency
``receipts/``   what is kept outside of it: receipts and heads, held against it
``witnesses/``  having a head cosigned
``writing/``    appending to it, and what an append leaves undone; replacing a key
``verifying/``  everything that can be checked of it, and what is wrong with it
==============  ============================================================================
"""
