"""What the laboratory says and hears on the wire: bytes in, replies out; rows of the outbox in, bytes out."""
