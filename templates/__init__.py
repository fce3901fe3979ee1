"""Every file that slipway writes, as Jinja templates, and the one engine that renders them."""
