"""Use cases, one verb each. They take a Work first, keep their rules in `lis.domain`, and never commit."""
