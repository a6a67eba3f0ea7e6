from django.http import Http404


def hubs(request, **kwargs):
    raise Http404


def hub(request, **kwargs):
    raise Http404


def requests(request, **kwargs):
    raise Http404


def request(request, **kwargs):
    raise Http404
