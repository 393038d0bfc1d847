"""Which pipeline runs us, by its environment: claims; and the run by its CI's API."""
