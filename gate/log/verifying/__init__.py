"""Everything that can be checked of a log, and what is wrong with it.

=====================  =========================================================================
``verify``             everything that can be checked of a log, step by step
``scope``              what is verified, as every process that takes part knows it
``crew``               many processes for the many parts of a log, or this one alone
``findings``           what is wrong, as it is collected
``scratch``            what chunks leave for later checks, kept on the disk
``facts``              what that is, kind by kind
``check_head``         the heads: the log's own, and kept ones
``check_bundles``      a chunk: its bundles against their tiles
``check_records``      a chunk's records: signature, form, the signer's period
``check_tiles``        one tile against the hashes that belong there
``check_tree``         the tree that the chunks make, against all other tiles and the checkpoint
``known_tree``         the tree of a log whose entries were all hashed
``check_history``      what records say of the records before them
``check_earlier``      what decisions counted on in another environment
``check_emergencies``  what they say of emergencies and reviews
``check_index``        the rows of the store's index
``check_evidence``     evidence bundles, and what else lies beside a log
``check_keys``         whose records are of after their key's end
``check_store``        the store's own structures
=====================  =========================================================================
"""
