"""An image becomes a service: facts, then a plan, then its execution over SSH."""
