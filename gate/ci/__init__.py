"""Which pipeline runs us, by its environment: claims, and for GitHub the run's facts by API."""
