"""Change requests: which ID is meant, and what the ticket system says of it, read live."""
