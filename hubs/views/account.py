from django.http import Http404


def sign_in(request, **kwargs):
    raise Http404


def sign_out(request, **kwargs):
    raise Http404


def profile(request, **kwargs):
    raise Http404
