from django.http import Http404


def change(request, **kwargs):
    raise Http404


def index(request, **kwargs):
    raise Http404


def catalogue(request, **kwargs):
    raise Http404


def show(request, **kwargs):
    raise Http404


def edit(request, **kwargs):
    raise Http404


def autosave(request, **kwargs):
    raise Http404


def review(request, **kwargs):
    raise Http404


def rebase(request, **kwargs):
    raise Http404


def take_back(request, **kwargs):
    raise Http404


def withdraw(request, **kwargs):
    raise Http404


def comment(request, **kwargs):
    raise Http404
