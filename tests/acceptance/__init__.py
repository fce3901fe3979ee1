"""What a user does, with the real things: Docker, sshd, Caddy, git, PostgreSQL."""
