"""A tamper-evident log in the formats of C2SP: trees, tiles, notes, checkpoints, proofs, trust.

The package stands alone: it knows entries, never what they mean, and does no input or output but
through the functions it is handed.

===============  =====================================================================
``merkle``       RFC 6962 section 2.1: hashes, roots, inclusion and consistency proofs
``tile``         C2SP tlog-tiles: the tree as files, and what an append writes
``paths``        C2SP tlog-tiles: the paths of those files
``keys``         C2SP signed-note: key names, key IDs, verifier keys, Ed25519
``note``         C2SP signed-note: text with signatures under it
``cosignature``  C2SP tlog-cosignature: a witness's dated signature on a checkpoint
``checkpoint``   C2SP tlog-checkpoint: origin, size and root as a note
``trust``        C2SP tlog-policy: which logs and witnesses are believed
``next_key``     C2SP tlog-policy: a log's next key, written into the text of a policy
``witness``      C2SP tlog-witness: asking a witness for a cosignature, as bytes
``proof``        C2SP tlog-proof: an inclusion proof with its checkpoint, as one file
``canonical``    the one spelling of numbers and base64 that all of them accept
``errors``       what can be wrong with a log, one class for each finding
===============  =====================================================================
"""
