"""The JSON Schemas (2020-12) of the predicates, as they are shipped in ``schemas/``.

They follow from ``predicates``; a test holds the files against them. To write them anew:
``python -m gate.record.schema``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gate.record import codec
from gate.record.predicates import (
    DecisionPredicate,
    KeyPredicate,
    OutcomePredicate,
    ReviewPredicate,
)

FOLDER = Path(__file__).parent / "schemas"
PREDICATES: Mapping[str, type[Any]] = MappingProxyType(
    {
        "decision-v1": DecisionPredicate,
        "outcome-v1": OutcomePredicate,
        "key-v1": KeyPredicate,
        "review-v1": ReviewPredicate,
    }
)


def predicate_schema(name: str) -> dict[str, Any]:
    """The schema of the predicate ``name`` ("decision-v1")."""
    cls = PREDICATES[name]
    kind, version = name.rsplit("-", 1)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gate:schema:{kind}:{version}",
        "title": f"Predicate of urn:gate:{kind}:{version}",
        **codec.schema(cls),
    }


def schema_text(name: str) -> str:
    """The file's text."""
    return json.dumps(predicate_schema(name), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    for schema_name in PREDICATES:
        (FOLDER / f"{schema_name}.json").write_text(schema_text(schema_name), encoding="utf-8")
