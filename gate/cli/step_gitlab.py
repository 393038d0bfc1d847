"""The job of GitLab CI that ``gate init`` prints."""

from __future__ import annotations

GITLAB_STEP = """\
  deploy-{service}:
    stage: deploy
    environment: {environment}
    variables: {{ GIT_DEPTH: "0" }}
    script:
      - python3 -m pip install "change-gate{extra} @ git+https://github.com/OWNER/gate@COMMIT"
      - gate enforce --service {service} --environment {environment}
      - ./deploy.sh

gate is on no package index: OWNER is where you keep it, and COMMIT the full id of a commit of it
that you have reviewed. Pin it: whoever can change what is installed here sees the keys. All
secrets are variables of the project, masked and protected. GITLAB_TOKEN is a project access token
with the scope read_api and the role Reporter: the job's own token may not read what is needed."""
