"""What an auditor takes from the log: the population, a sample of it, one record's evidence.

All of it is read from a verified log and needs no service; nothing here writes files or asks the
time, so that the same log gives the same list.
"""
