"""The composition root of the laboratory information system, and its command `lis`."""
