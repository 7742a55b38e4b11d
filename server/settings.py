"""What can be set of the server: by `EVENHAND_*` in the environment, or by the flags of `evenhand serve`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from evenhand.settings import Settings

if TYPE_CHECKING:
    from evenhand.experiments.watching import Margins
    from evenhand.registry.identity import Allowance
    from evenhand.registry.requests import ReviewRules

__all__ = ["ServerSettings"]


class ServerSettings(Settings):
    """Settings of one server; docs/server.md has the same table, and a test compares the two."""

    model_config = SettingsConfigDict(allow_inf_nan=False)

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    workers: int = Field(2, ge=1, le=64, description="processes that answer side by side")
    trusted_proxies: str = Field("127.0.0.1", description="whose X-Forwarded-* headers are believed, comma-separated")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")

    body_limit: int = Field(1_048_576, ge=1_024, description="bytes of a JSON or form body")
    upload_limit: int = Field(33_554_432, ge=1_024, description="bytes of a file that is sent")
    depth_limit: int = Field(32, ge=4, le=200, description="how deep JSON may nest")
    time_limit: float = Field(30, gt=0, description="seconds until an answer must have begun")
    concurrency_limit: int = Field(
        200, ge=1, description="requests at work in one worker; more are asked to come again"
    )
    shutdown_limit: float = Field(20, gt=0, description="seconds that open requests get when the server ends")

    session_idle: int = Field(1_800, ge=60, description="seconds without a request after which a session ends")
    session_life: int = Field(43_200, ge=60, description="seconds after which every session ends")
    key_days: int = Field(90, ge=1, le=3_650, description="days until a new API key expires, unless said otherwise")
    key_cache: float = Field(
        1.0, ge=0, le=60, description="seconds for which a worker remembers a key: a revoked one ends within this time"
    )
    login_window: int = Field(900, ge=60, description="seconds over which failed log-ins are counted")
    login_tries: int = Field(5, ge=1, description="failed log-ins of one name from one address in that time")
    login_tries_name: int = Field(20, ge=1, description="failed log-ins of one name from anywhere")
    login_tries_address: int = Field(50, ge=1, description="failed log-ins from one address, whatever the name")
    # OWASP's Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane.
    password_memory: int = Field(19_456, ge=8, description="KiB that hashing one password takes")
    password_passes: int = Field(2, ge=1, description="passes of argon2id over that memory")

    review_many_customers: float = Field(
        0.1, gt=0, le=1, description="share of all customers from which on a change is a high risk"
    )
    review_much_margin: float = Field(
        0.8, gt=0, description="share of a fairness margin used up from which on a change is a high risk"
    )
    review_low_quorum: int = Field(1, ge=1, le=10, description="people who must approve a low risk")
    review_high_quorum: int = Field(2, ge=1, le=10, description="people who must approve a high risk")
    review_days: float = Field(30, gt=0, le=3_650, description="days from its last edit after which a request expires")
    plan_days: int = Field(
        400, ge=1, le=3_650, description="days after a campaign plan's end for which its rows and results are kept"
    )
    rollout_unsubscribes: float = Field(
        0.005, gt=0, lt=1, description="share of customers who may unsubscribe more under a roll-out before it stops"
    )
    rollout_value: float = Field(
        0.1, gt=0, lt=1, description="share of the old version's profit that a roll-out may lose before it stops"
    )
    rollout_gap: float = Field(
        0.05, gt=0, lt=1, description="how far a roll-out may put one group behind another before it stops"
    )

    @model_validator(mode="after")
    def _high_needs_no_fewer(self) -> Self:
        if self.review_high_quorum < self.review_low_quorum:
            raise ValueError("review_high_quorum: a high risk needs no fewer approvals than a low one")
        return self

    @property
    def review_rules(self) -> ReviewRules:
        """What is demanded of reviews."""
        from evenhand.registry.requests import ReviewRules

        return ReviewRules(
            many_customers=self.review_many_customers,
            much_margin=self.review_much_margin,
            low_quorum=self.review_low_quorum,
            high_quorum=self.review_high_quorum,
            lifetime=timedelta(days=self.review_days),
        )

    @property
    def margins(self) -> Margins:
        """How much harm a roll-out may do before it stops by itself."""
        from evenhand.experiments.watching import Margins  # with everything that counts

        return Margins(unsubscribed=self.rollout_unsubscribes, value=self.rollout_value, gap=self.rollout_gap)

    @property
    def allowance(self) -> Allowance:
        """How often somebody may fail to log in."""
        from evenhand.registry.identity import Allowance  # not for whoever only starts the workers

        window = timedelta(seconds=self.login_window)
        return Allowance(window, self.login_tries, self.login_tries_name, self.login_tries_address)
