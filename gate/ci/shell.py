"""A plain shell: there is no pipeline, and nothing but the user's name is claimed."""

from __future__ import annotations

from collections.abc import Mapping

from gate.ci.variables import NAME
from gate.model import RunClaim


def claim(environ: Mapping[str, str]) -> RunClaim:
    """What is left where no CI is recognised. An odd user name is no reason to stop: it is ""."""
    user = environ.get("LOGNAME") or environ.get("USER") or ""
    return RunClaim(ci="shell", actor=user if NAME.fullmatch(user) else "")
