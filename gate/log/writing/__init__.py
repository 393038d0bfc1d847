"""Appending to the log, and what an append leaves undone; replacing a key.

==================  ===============================================================================
``create``          an empty log
``append``          head, judge again, plan, commit; from the top where another was first
``judge_again``     whether a decision still holds at its place in the log
``ahead``           the log with the entries that are about to be appended to it
``batch``           what one commit appends: our own entry, and those that others left waiting
``plan``            an append worked out: what to write and the next checkpoint
``queue``           who of those that wait goes first, and how long the others stand back
``in_force``        whether a log key may still sign heads, as the log itself says
``witnessed``       the newest head with the quorum of its witnesses, asked for where it is lacking
``sync``            commits what a writer that did not come to its end left behind
``reindex``         the index made anew from the entries
``owed``            records of emergencies that wait on the disk for a log that was down
``rotation``        a key replaced by two records
``rotation_files``  what is kept of them until they are in the log
==================  ===============================================================================
"""
