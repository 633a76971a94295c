"""Pure rules of the laboratory: facts in, decisions with reasons out. Nothing here fetches, stores or reads a clock."""
