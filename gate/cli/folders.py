"""Where commands leave files, in the folder that they are run in."""

from __future__ import annotations

RECEIPTS = "gate-receipts"  # by log index, where --receipt names no file
SPOOL = "gate-spool"  # records of emergencies that are owed to a log which is down
