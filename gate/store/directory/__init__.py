"""A log in a folder of the local file system.

=========  =========================================
``store``  the store itself, and what a crash leaves
``index``  its index: one SQLite file, derived
=========  =========================================
"""
