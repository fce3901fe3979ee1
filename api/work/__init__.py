"""Durable work: every change of an app is one workflow that survives a crash of the control plane."""
