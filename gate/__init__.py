"""gate: change control in front of a production deployment, provable afterwards."""

__version__ = "0.1.0"
