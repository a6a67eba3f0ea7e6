from django.http import Http404


def of_hub(request, **kwargs):
    raise Http404


def of_organization(request, **kwargs):
    raise Http404


def index(request, **kwargs):
    raise Http404
