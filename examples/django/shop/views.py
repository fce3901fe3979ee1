import os

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.models import Visit


def home(request: HttpRequest) -> HttpResponse:
    Visit.objects.create()
    release = os.environ.get("SLIPWAY_RELEASE", "not released")
    return render(request, "home.html", {"release": release, "visits": Visit.objects.count()})
