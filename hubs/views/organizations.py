from django.http import Http404


def index(request, **kwargs):
    raise Http404


def new(request, **kwargs):
    raise Http404


def show(request, **kwargs):
    raise Http404


def limits(request, **kwargs):
    raise Http404
