"""The log as a signed head fixes it, whom it believes, and what is found in it.

================  ======================================================================
``trust``         the folder that says which keys are believed
``trust_folder``  writing that folder
``view``          the log as one signed head fixes it, every byte held against that head
``source``        what those see of it who only read
``keys``          what a record is found by
``search``        finding records with the help of an index that nobody vouches for
``logged``        whether an entry is in it already, or a denial in its place
``key_changes``   what the log says of its keys, held against the reader's trust folder
``reader``        what a store must know of the log it keeps
================  ======================================================================
"""
