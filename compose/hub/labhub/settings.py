"""What the operator set, as one frozen value read from the hub's environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The settings of the hub; `ops` has checked them before they came here."""

    hub_image: str
    lab_name: str
    lab_contact: str
    admins: frozenset[str]
    password_min_length: int
    image_name: str


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; KeyError where one is missing."""
    return Settings(
        hub_image=environ["HUB_IMAGE"],
        lab_name=environ["LAB_NAME"],
        lab_contact=environ["LAB_CONTACT"],
        admins=frozenset(environ["HUB_ADMINS"].replace(",", " ").split()),
        password_min_length=int(environ["PASSWORD_MIN_LENGTH"]),
        image_name=environ["IMAGE_NAME"],
    )
