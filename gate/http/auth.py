"""Credentials on the wire."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import requests
import requests.auth

_PROOFS = ("Authorization", "PRIVATE-TOKEN", "JOB-TOKEN", "x-sn-apikey")


class Bearer(requests.auth.AuthBase):
    """A token as a bearer (RFC 6750). Its repr shows nothing."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the Authorization header."""
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


def credentials_in(headers: Mapping[str, str]) -> str:
    """What a request proves itself by; of HTTP Basic (RFC 7617) also the password by itself."""
    given = " ".join(headers.get(name, "") for name in _PROOFS)
    scheme, _, rest = headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return given
    return f"{given} {base64.b64decode(rest).decode(errors='replace').partition(':')[2]}"
