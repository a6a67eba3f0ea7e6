from django.http import Http404


def show(request, **kwargs):
    raise Http404


def history(request, **kwargs):
    raise Http404


def people(request, **kwargs):
    raise Http404


def person(request, **kwargs):
    raise Http404


def limits(request, **kwargs):
    raise Http404


def suspend(request, **kwargs):
    raise Http404


def resume(request, **kwargs):
    raise Http404


def retry(request, **kwargs):
    raise Http404


def retire(request, **kwargs):
    raise Http404
