"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables, the audit log's head, and the triggers that keep the log append-only."""
    _changes()
    _proving()
    _contacts()
    _people()
    _journal()
    op.execute(f"INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '{64 * '0'}')")
    _keep_append_only()


def _keep_append_only() -> None:
    """Let the database itself refuse to change or delete a row of the audit log, whoever asks."""
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_keeps_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_keeps() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keeps()"
        )


def _changes() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("delegator", sa.Text, nullable=False),
        sa.Column("delegate", sa.Text, nullable=False),
        sa.Column("starts", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
        sa.UniqueConstraint("delegator", "delegate", "starts", name=op.f("uq_delegations_delegator_delegate_starts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delegations_delegate"), "delegations", ["delegate"])
    op.create_table(
        "segmentations",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("current_version", sa.Integer, nullable=False),
        sa.Column("stable_version", sa.Integer, nullable=False),
        sa.Column("rolling_request", Number, nullable=True),
        sa.Column("frozen_at", sa.BigInteger, nullable=True),
        sa.Column("frozen_by", sa.Text, nullable=True),
        sa.Column("frozen_reason", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_segmentations")),
    )
    op.create_table(
        "requests",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("segmentation", sa.Text, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("edit", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("author_kind", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("touches", sa.Text, nullable=False),
        sa.Column("risk", sa.Text, nullable=False),
        sa.Column("quorum", sa.Integer, nullable=False),
        sa.Column("share", sa.Float, nullable=True),
        sa.Column("scheduled_for", sa.BigInteger, nullable=True),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=True),
        sa.Column("predicted", sa.Text, nullable=True),
        sa.Column("realised", sa.Text, nullable=True),
        sa.Column("stop_reason", sa.Text, nullable=True),
        sa.CheckConstraint(
            "\"author_kind\" IN ('user', 'service', 'policy', 'system')", name=op.f("ck_requests_author_kind")
        ),
        sa.CheckConstraint("\"kind\" IN ('tweak', 'edit', 'rollback')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint("\"risk\" IN ('low', 'high')", name=op.f("ck_requests_risk")),
        sa.ForeignKeyConstraint(
            ["segmentation"], ["segmentations.name"], name=op.f("fk_requests_segmentation_segmentations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_requests_segmentation_state"), "requests", ["segmentation", "state"])
    op.create_index(op.f("ix_requests_state"), "requests", ["state"])
    op.create_table(
        "versions",
        sa.Column("segmentation", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("request", Number, nullable=True),
        sa.Column("note", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["segmentation"], ["segmentations.name"], name=op.f("fk_versions_segmentation_segmentations")
        ),
        sa.PrimaryKeyConstraint("segmentation", "number", name=op.f("pk_versions")),
    )
    op.create_table(
        "comments",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("request", Number, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_comments_request_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_comments_request"), "comments", ["request"])
    op.create_table(
        "edits",
        sa.Column("request", Number, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("editor_kind", sa.Text, nullable=False),
        sa.Column("editor", sa.Text, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("predicted", sa.Text, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "\"editor_kind\" IN ('user', 'service', 'policy', 'system')", name=op.f("ck_edits_editor_kind")
        ),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_edits_request_requests")),
        sa.PrimaryKeyConstraint("request", "number", name=op.f("pk_edits")),
    )
    op.create_index(op.f("ix_edits_editor"), "edits", ["editor"])
    op.create_table(
        "reviews",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("request", Number, nullable=False),
        sa.Column("edit", sa.Integer, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("on_behalf_of", sa.Text, nullable=True),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("\"verdict\" IN ('approve', 'reject', 'request_changes')", name=op.f("ck_reviews_verdict")),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_reviews_request_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reviews_request"), "reviews", ["request"])
    op.create_table(
        "wanted_reviewers",
        sa.Column("request", Number, autoincrement=False, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_wanted_reviewers_request_requests")),
        sa.PrimaryKeyConstraint("request", "user", name=op.f("pk_wanted_reviewers")),
    )
    op.create_index(op.f("ix_wanted_reviewers_user"), "wanted_reviewers", ["user"])


def _proving() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("\"kind\" IN ('simulated', 'logged', 'live')", name=op.f("ck_evidence_kind")),
        sa.CheckConstraint("\"subject_kind\" IN ('request', 'policy')", name=op.f("ck_evidence_subject_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_evidence_subject_kind_subject"), "evidence", ["subject_kind", "subject"])
    op.create_table(
        "jobs",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("run_after", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.CheckConstraint("\"state\" IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_jobs_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_jobs_state_run_after"), "jobs", ["state", "run_after"])
    op.create_table(
        "policies",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("graph", sa.LargeBinary, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("uploaded_at", sa.BigInteger, nullable=False),
        sa.Column("uploaded_by", sa.Text, nullable=False),
        sa.CheckConstraint("\"level\" IN ('candidate', 'validated', 'proven')", name=op.f("ck_policies_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
    )
    op.create_table(
        "champions",
        sa.Column("segmentation", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["policy"], ["policies.id"], name=op.f("fk_champions_policy_policies")),
        sa.ForeignKeyConstraint(
            ["segmentation"], ["segmentations.name"], name=op.f("fk_champions_segmentation_segmentations")
        ),
        sa.PrimaryKeyConstraint("segmentation", name=op.f("pk_champions")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["policy"], ["policies.id"], name=op.f("fk_decisions_policy_policies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_decisions_policy"), "decisions", ["policy"])


def _contacts() -> None:
    op.create_table(
        "customers",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_customers")),
    )
    op.create_table(
        "subjects",
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("customer", name=op.f("pk_subjects")),
    )
    op.create_table(
        "observations",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("segmentation", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("period", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["segmentation", "version"],
            ["versions.segmentation", "versions.number"],
            name=op.f("fk_observations_segmentation_version_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observations")),
        sa.UniqueConstraint(
            "segmentation", "version", "period", name=op.f("uq_observations_segmentation_version_period")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plans",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("segmentation", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["segmentation", "version"],
            ["versions.segmentation", "versions.number"],
            name=op.f("fk_plans_segmentation_version_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_segmentation_version"), "plans", ["segmentation", "version"])


def _people() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger, nullable=True),
        sa.Column("last_used_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index(op.f("ix_keys_owner"), "keys", ["owner"])
    op.create_table(
        "login_attempts",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_login_attempts_address_at"), "login_attempts", ["address", "at"])
    op.create_index(op.f("ix_login_attempts_name_at"), "login_attempts", ["name", "at"])
    op.create_table(
        "users",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("display", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f("fk_sessions_user_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"])


def _journal() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", Number, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.CheckConstraint(
            "\"actor_kind\" IN ('user', 'service', 'policy', 'system')", name=op.f("ck_audit_actor_kind")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_id")),
    )
    op.create_index(op.f("ix_audit_action_sequence"), "audit", ["action", "sequence"])
    op.create_index(op.f("ix_audit_actor_sequence"), "audit", ["actor", "sequence"])
    op.create_index(op.f("ix_audit_subject_sequence"), "audit", ["subject", "sequence"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "events",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("delivered_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_delivered_at_id"), "events", ["delivered_at", "id"])
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request_sha256", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.Column("headers", sa.Text, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"])
