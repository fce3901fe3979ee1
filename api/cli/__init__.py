"""The command `slipway`: a client of the HTTP API."""
