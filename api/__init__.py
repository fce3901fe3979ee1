"""The doors and the memory: HTTP, git push, CLI (a client of the HTTP API only), store, durable work."""
