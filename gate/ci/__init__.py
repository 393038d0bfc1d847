"""Which pipeline runs us, by its environment: claims, and the run's facts by API (GitHub, GitLab)."""
