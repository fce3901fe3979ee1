"""Servers as containers on your own Docker: each has sshd and a Docker of its own, like a rented machine."""
