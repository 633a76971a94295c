"""The simulators' own messages, built with hl7apy: nothing is shared with how the laboratory writes its own."""
