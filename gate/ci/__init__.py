"""Which pipeline runs us, by its environment: claims; and of GitHub and GitLab the run by API."""
