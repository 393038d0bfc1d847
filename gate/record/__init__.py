"""Records: what gate says about a deployment, signed so that it can be proved and forgotten.

A record is an in-toto Statement v1 in a DSSE 1.0 envelope. ``statement`` writes and reads the
statements, ``dsse`` the envelope, ``signer`` the keys. Persons and free text stand in a record only
as commitments (``labels``); what opens them is a ``disclosure``. Nothing here does any I/O.
"""
