"""The log of records: reading it at a verified head, appending to it, verifying all of it.

===============  ======================================================================
``trust``        the folder that says which keys are believed; ``trust_folder`` writes it
``view``         the log as one signed head fixes it, every byte held against that head
``ahead``        the same, with the entries that are about to be appended to it
``reading``      what a store must know of the log it keeps
``source``       what those see of it who only read
``search``       finding records in it with the help of an index that nobody vouches for
``logged``       whether an entry is in it already, or a denial in its place
``keys``         what a record is found by
``track``        what a run of records says of one service and environment
``history``      what the log proves of a deployment about to happen
``emergencies``  which emergencies of a service await their review
``owed``         records of emergencies that wait on the disk for a log that was down
``earlier``      what it proves of the environment that must come first
``elsewhere``    what receipts of another log tell of it
``plan``         an append worked out: what to write and the next checkpoint
``append``       head, judge again, plan, commit; from the top where another was first
``batch``        what one commit appends: our own entry, and those that others left waiting
``queue``        who of those that wait goes first, and how long the others stand back
``sync``         commits what a writer that did not come to its end left behind
``reindex``      the index made anew from the entries
``standing``     what a decision counted on that its place in the log does not bear out
``uses``         what each ticket let into each environment, for a pass over the whole log
``judge_again``  whether a decision still holds at its place in the log
``receipt``      an entry with its proof, as two files
``kept``         whether a log extends a checkpoint that somebody kept
``permit``       whether a receipt permits a deployment, offline
``rotation``     a key replaced by two records; ``rotation_files`` keeps them until they are in
``in_force``     whether a log key may still sign heads, as the log itself says
``key_changes``  what the log says of its keys, held against the reader's trust folder
``witnessed``    the newest head with the quorum of its witnesses, asked for where it is lacking
``cosigning``    having the newest head cosigned, after it was committed
``witness``      the witnesses of the trust folder, asked side by side until the quorum is met
``asking``       one of them: what it answers, and what to do about it
``create``       an empty log
``verify``       everything that can be checked of a log (``scope``), and what is wrong with it:
                 chunks by a ``crew`` of processes (``check_bundles``, ``check_records``), what they
                 left in the ``spool`` (``check_history``, ``check_earlier``, ``check_emergencies``,
                 ``check_index``, ``check_evidence``, ``check_keys``), the heads, its own and kept
                 ones (``check_head``), the tree (``check_tree``, ``check_tiles``, ``known_tree``),
                 the store's own structures (``check_store``), collected in ``findings``
===============  ======================================================================
"""
