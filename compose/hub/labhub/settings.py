"""What the operator set, as one frozen value read from the hub's environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The settings of the hub; `ops` has checked them before they came here."""

    hub_image: str
    lab_name: str
    admins: frozenset[str]
    memory_limit: str
    cpu_limit: float
    process_limit: int
    idle_hours: float
    image_name: str


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; KeyError or ValueError where one is missing or wrong."""
    return Settings(
        hub_image=environ["HUB_IMAGE"],
        lab_name=environ["LAB_NAME"],
        admins=frozenset(environ["HUB_ADMINS"].replace(",", " ").split()),
        memory_limit=environ["MEMORY_LIMIT"],
        cpu_limit=float(environ["CPU_LIMIT"]),
        process_limit=int(environ["PROCESS_LIMIT"]),
        idle_hours=float(environ["IDLE_HOURS"]),
        image_name=environ["IMAGE_NAME"],
    )
