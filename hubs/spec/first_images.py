"""Images that a new portal offers by name, from the Jupyter community. Staff can change them and add more.

Each has its home directory at /home/jovyan, where a hub mounts people's homes: a catalogue card can't set another one,
and files saved elsewhere are lost. That is why there is no image with RStudio: rocker/binder uses /home/rstudio."""

from dataclasses import dataclass

from hubs.language import lazy
from hubs.spec.servers import Image

STACKS = Image().tag  # Jupyter's own images are built together and share their tags


@dataclass(frozen=True)
class FirstImage:
    slug: str
    name: str
    description: str
    image: str
    tag: str
    languages: tuple[str, ...]


FIRST_IMAGES = (
    FirstImage(
        "python",
        lazy("Python for science"),
        lazy("JupyterLab with NumPy, pandas, Matplotlib and SciPy. A good choice for most courses."),
        Image().name,
        STACKS,
        ("Python",),
    ),
    FirstImage(
        "r",
        lazy("R in notebooks"),
        lazy("JupyterLab with R and the tidyverse."),
        "quay.io/jupyter/r-notebook",
        STACKS,
        ("R", "Python"),
    ),
    FirstImage(
        "data-science",
        lazy("Python, R and Julia"),
        lazy(
            "JupyterLab with three languages and their packages for data science. Large, so the first start takes "
            "longer."
        ),
        "quay.io/jupyter/datascience-notebook",
        STACKS,
        ("Python", "R", "Julia"),
    ),
    FirstImage(
        "geoscience",
        lazy("Python for geoscience"),
        lazy("JupyterLab with xarray, Dask and GeoPandas, from the Pangeo community."),
        "quay.io/pangeo/pangeo-notebook",
        "2025.06.02",
        ("Python",),
    ),
    FirstImage(
        "minimal",
        lazy("Python without packages"),
        lazy("Only JupyterLab, for courses that install their own packages. Small and quick to start."),
        "quay.io/jupyter/minimal-notebook",
        STACKS,
        ("Python",),
    ),
)
