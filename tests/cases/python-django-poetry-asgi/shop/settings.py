ASGI_APPLICATION = "shop.asgi.application"
