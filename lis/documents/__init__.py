"""Data in, bytes out: labels, reports, charts. Knows no database, no clock, no rule."""
