"""The HTTP door: routes that check who asks, call a service and give back plain data."""
