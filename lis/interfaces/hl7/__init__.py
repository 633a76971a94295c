"""HL7 v2 messages to dataclasses and back. All writing goes through `lis.wire.er7`."""
