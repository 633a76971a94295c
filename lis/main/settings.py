"""Settings of one process, from the environment and the command line."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the data lies and which doors are open. `LIS_DATA`, `LIS_PORT` …; `DATABASE_URL` chooses PostgreSQL."""

    model_config = SettingsConfigDict(env_prefix="LIS_", extra="ignore")

    data: Path = Path("data")
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "LIS_DATABASE_URL")
    )
    host: str = "127.0.0.1"
    port: int = 8000
    hl7_port: int = 2575
    secure_cookies: bool = False
