"""The laboratory's wires, without sockets and without a clock: bytes in, events out, and back again.

`mllp` frames HL7 messages, `er7` reads and writes their text, `astm` does both for LIS01-A2 and LIS02-A2.
"""
