"""A log on a branch of a git remote; the form of its files stands in ``docs/git-logs.md``.

===========  ============================================================
``store``    the store itself, and the URL that opens it
``url``      what its URL names, and the credentials for it
``run``      how git is run: a temporary repository, an environment of ours
``remote``   what is asked of the remote
``objects``  the objects that are here, read from processes of git that stay
``tree``     the files of a commit, of which only some are here
``files``    the files of the branch at its tip, the missing ones fetched
``ahead``    what to fetch along with them
``index``    the index: small text files
``commit``   a commit made of what changes
``publish``  a push, and its doubtful ends
``errors``   what to tell of a git command that failed
===========  ============================================================
"""
