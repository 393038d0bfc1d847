#!/bin/sh
# The quality gates. $1: the folder of the tools.
set -eu
bin=$1
say() { echo "· $1"; }
say "ruff format"; "$bin/ruff" format --check --quiet .
say "ruff check"; "$bin/ruff" check --quiet .
say "mypy --strict"; "$bin/mypy" --no-error-summary
say "import table"; "$bin/python" -m pytest -q tests/unit/test_import_table.py
workflows="$(ls .github/workflows/*.yml tests/e2e/workflow/*.yml)"
say "actionlint"; "$bin/actionlint" $workflows
say "zizmor"; "$bin/zizmor" --offline --quiet --persona=pedantic $workflows
say "check-jsonschema"
"$bin/check-jsonschema" --check-metaschema gate/config/schema.json gate/record/schemas/*.json gate/output/schemas/*.json
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows $workflows
