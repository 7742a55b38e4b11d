"""Settings from the environment: where Evenhand keeps what outlives a process."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "evenhand"


class Settings(BaseSettings):
    """What `EVENHAND_…` variables say; an argument given by name goes before them."""

    model_config = SettingsConfigDict(env_prefix="EVENHAND_", env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Field(
        default_factory=_data_home, description="folder of the database, loaded studies and trusted keys"
    )
    database_url: str = Field(
        "", repr=False, description="SQLite or PostgreSQL; empty: `evenhand.db` in the data folder"
    )  # it may hold a password

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'evenhand.db'}"
