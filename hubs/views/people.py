from django.http import Http404


def index(request, **kwargs):
    raise Http404


def invite(request, **kwargs):
    raise Http404


def member(request, **kwargs):
    raise Http404


def invitation(request, **kwargs):
    raise Http404


def accept(request, **kwargs):
    raise Http404
