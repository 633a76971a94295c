"""The ground floor: time, identifiers, quantities and refusals. Imports the standard library only."""
