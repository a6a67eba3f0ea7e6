"""Quantities in the API server's canonical form, so that rendered and live values compare equal.

Source: k8s.io/apimachinery resource.Quantity, "canonical form": no fraction, and the largest suffix that allows it.
"""

import math


def _largest(number: int, step: int, suffixes: str) -> tuple[int, str]:
    place = 0
    while number and number % step == 0 and place < len(suffixes) - 1:
        number, place = number // step, place + 1
    return number, suffixes[place].strip()


def count(number: int) -> str:
    """
    >>> count(36), count(1000), count(20_006)
    ('36', '1k', '20006')
    """
    whole, suffix = _largest(number, 1000, " kMGTPE")
    return f"{whole}{suffix}"


def cores(number: float) -> str:
    """Return a CPU quantity, rounded up to a thousandth, which is the smallest unit of Kubernetes.

    >>> cores(2), cores(0.05), cores(1.5), cores(0.0001)
    ('2', '50m', '1500m', '1m')
    """
    thousandths = math.ceil(round(number * 1000, 6))
    return count(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def mebibytes(number: int) -> str:
    """
    >>> mebibytes(512), mebibytes(5120), mebibytes(1024**3)
    ('512Mi', '5Gi', '1Pi')
    """
    whole, suffix = _largest(number, 1024, "MGTPE")
    return f"{whole}{suffix}i"
