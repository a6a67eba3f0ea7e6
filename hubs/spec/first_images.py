"""Images that a fresh portal offers by name, from the Jupyter community. Staff change them and add more.

Each has its home at /home/jovyan, where a hub mounts people's homes: a card sets no other home, and what is saved
elsewhere is lost. That is why there is no image with RStudio: rocker/binder has /home/rstudio."""

from dataclasses import dataclass

from hubs.spec.servers import Image

STACKS = Image().tag  # of Jupyter's own images: they are built together, and all have the same tags


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
        "Python for science",
        "JupyterLab with NumPy, pandas, Matplotlib and SciPy. A good choice for most courses.",
        Image().name,
        STACKS,
        ("Python",),
    ),
    FirstImage(
        "r",
        "R in notebooks",
        "JupyterLab with R and the tidyverse.",
        "quay.io/jupyter/r-notebook",
        STACKS,
        ("R", "Python"),
    ),
    FirstImage(
        "data-science",
        "Python, R and Julia",
        "JupyterLab with three languages and their packages for data science. Large, so the first start takes longer.",
        "quay.io/jupyter/datascience-notebook",
        STACKS,
        ("Python", "R", "Julia"),
    ),
    FirstImage(
        "geoscience",
        "Python for geoscience",
        "JupyterLab with xarray, Dask and GeoPandas, from the Pangeo community.",
        "quay.io/pangeo/pangeo-notebook",
        "2025.06.02",
        ("Python",),
    ),
    FirstImage(
        "minimal",
        "Python without packages",
        "Only JupyterLab, for courses that install their own packages. Small and quick to start.",
        "quay.io/jupyter/minimal-notebook",
        STACKS,
        ("Python",),
    ),
)
