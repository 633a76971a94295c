"""A laboratory information system for one laboratory."""
