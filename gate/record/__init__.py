"""Records: what gate says about a deployment, signed so that it can be proved and forgotten.

A record is an in-toto Statement v1 in a DSSE 1.0 envelope. ``statement`` reads the statements and
``writing`` writes them, of ``predicates`` whose JSON ``codec`` and ``specs`` make; ``dsse`` is the
envelope, ``signer`` the private keys, ``signers`` the trusted ones. Persons and free text stand in
a record only as commitments (``labels``); what opens them is a ``disclosure``. Nothing here does
any I/O.
"""
