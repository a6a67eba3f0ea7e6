from django.http import Http404


def home(request, **kwargs):
    raise Http404


def staff_hubs(request, **kwargs):
    raise Http404
