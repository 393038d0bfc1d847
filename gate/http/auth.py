"""Credentials on the wire."""

from __future__ import annotations

import requests
import requests.auth


class Bearer(requests.auth.AuthBase):
    """A token as a bearer (RFC 6750). Its repr shows nothing."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the Authorization header."""
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r
