"""What is kept outside of the log: receipts and heads, held against it.

=============  ======================================================================
``receipt``    an entry with its proof, as two files
``permit``     whether a receipt permits a deployment, offline
``elsewhere``  what receipts of another log tell of the environment that comes first
``kept``       whether a log extends a checkpoint that somebody kept
=============  ======================================================================
"""
