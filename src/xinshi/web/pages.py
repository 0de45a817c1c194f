"""The shell's own pages."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, page


@page(PUBLIC)
def home(request: PageRequest) -> HttpResponse:
    return render(request, "web/home.html")


@page(SIGNED_IN)
def start(request: PageRequest) -> HttpResponse:
    return render(request, "web/home.html")


@page(SIGNED_IN)
def desk(request: PageRequest) -> HttpResponse:
    return render(request, "web/home.html")


@page(PUBLIC)
def design(request: PageRequest) -> HttpResponse:
    return render(request, "web/home.html")
