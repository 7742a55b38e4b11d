CREATE FUNCTION audit_keeps() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE audit (
    sequence bigint NOT NULL,
    id text NOT NULL,
    at bigint NOT NULL,
    actor_kind text NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT ck_audit_actor_kind CHECK ((actor_kind = ANY (ARRAY['user'::text, 'service'::text, 'policy'::text, 'system'::text])))
);
CREATE TABLE audit_head (
    id integer NOT NULL,
    sequence bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT ck_audit_head_one_row CHECK ((id = 1))
);
CREATE TABLE champions (
    segmentation text NOT NULL,
    policy text NOT NULL,
    since bigint NOT NULL
);
CREATE TABLE comments (
    id bigint NOT NULL,
    request bigint NOT NULL,
    author text NOT NULL,
    text text NOT NULL,
    at bigint NOT NULL
);
CREATE SEQUENCE comments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE comments_id_seq OWNED BY comments.id;
CREATE TABLE customers (
    key text NOT NULL,
    document text NOT NULL,
    consent text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE decisions (
    id bigint NOT NULL,
    policy text NOT NULL,
    document text NOT NULL,
    at bigint NOT NULL
);
CREATE SEQUENCE decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE decisions_id_seq OWNED BY decisions.id;
CREATE TABLE delegations (
    id bigint NOT NULL,
    delegator text NOT NULL,
    delegate text NOT NULL,
    starts bigint NOT NULL,
    ends bigint NOT NULL
);
CREATE SEQUENCE delegations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE delegations_id_seq OWNED BY delegations.id;
CREATE TABLE edits (
    request bigint NOT NULL,
    number integer NOT NULL,
    editor_kind text NOT NULL,
    editor text NOT NULL,
    base_version integer NOT NULL,
    change text NOT NULL,
    predicted text,
    at bigint NOT NULL,
    CONSTRAINT ck_edits_editor_kind CHECK ((editor_kind = ANY (ARRAY['user'::text, 'service'::text, 'policy'::text, 'system'::text])))
);
CREATE TABLE events (
    id bigint NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    document text NOT NULL,
    delivered_at bigint
);
CREATE SEQUENCE events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE events_id_seq OWNED BY events.id;
CREATE TABLE evidence (
    id bigint NOT NULL,
    subject_kind text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    document text NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT ck_evidence_kind CHECK ((kind = ANY (ARRAY['simulated'::text, 'logged'::text, 'live'::text]))),
    CONSTRAINT ck_evidence_subject_kind CHECK ((subject_kind = ANY (ARRAY['request'::text, 'policy'::text])))
);
CREATE SEQUENCE evidence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE evidence_id_seq OWNED BY evidence.id;
CREATE TABLE idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    request_sha256 text NOT NULL,
    status integer,
    body bytea,
    headers text,
    at bigint NOT NULL
);
CREATE TABLE jobs (
    id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    run_after bigint NOT NULL,
    lease_until bigint,
    document text NOT NULL,
    error text,
    CONSTRAINT ck_jobs_state CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text])))
);
CREATE SEQUENCE jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE jobs_id_seq OWNED BY jobs.id;
CREATE TABLE keys (
    id text NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    secret_hash text NOT NULL,
    scopes text NOT NULL,
    expires_at bigint,
    created_at bigint NOT NULL,
    revoked_at bigint,
    last_used_at bigint
);
CREATE TABLE login_attempts (
    id bigint NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    at bigint NOT NULL,
    ok boolean NOT NULL
);
CREATE SEQUENCE login_attempts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE login_attempts_id_seq OWNED BY login_attempts.id;
CREATE TABLE observations (
    id bigint NOT NULL,
    segmentation text NOT NULL,
    version integer NOT NULL,
    period integer NOT NULL,
    document text NOT NULL,
    at bigint NOT NULL
);
CREATE SEQUENCE observations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE observations_id_seq OWNED BY observations.id;
CREATE TABLE plan_rows (
    plan text NOT NULL,
    customer text NOT NULL,
    arm text NOT NULL,
    segment text NOT NULL,
    planned text NOT NULL,
    campaign text NOT NULL,
    eligible integer NOT NULL,
    explored boolean NOT NULL,
    exploration double precision NOT NULL,
    propensity double precision NOT NULL,
    baseline text NOT NULL
);
CREATE TABLE plans (
    id text NOT NULL,
    segmentation text NOT NULL,
    version integer NOT NULL,
    document text NOT NULL,
    at bigint NOT NULL,
    request bigint,
    completed_at bigint
);
CREATE TABLE policies (
    id text NOT NULL,
    sha256 text NOT NULL,
    level text NOT NULL,
    manifest text NOT NULL,
    graph bytea NOT NULL,
    files text NOT NULL,
    uploaded_at bigint NOT NULL,
    uploaded_by text NOT NULL,
    CONSTRAINT ck_policies_level CHECK ((level = ANY (ARRAY['candidate'::text, 'validated'::text, 'proven'::text])))
);
CREATE TABLE requests (
    id bigint NOT NULL,
    segmentation text NOT NULL,
    base_version integer NOT NULL,
    revision integer NOT NULL,
    edit integer NOT NULL,
    state text NOT NULL,
    kind text NOT NULL,
    author_kind text NOT NULL,
    author text NOT NULL,
    title text NOT NULL,
    reason text NOT NULL,
    change text NOT NULL,
    touches text NOT NULL,
    risk text NOT NULL,
    quorum integer NOT NULL,
    share double precision,
    scheduled_for bigint,
    expires_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version integer,
    predicted text,
    realised text,
    stop_reason text,
    CONSTRAINT ck_requests_author_kind CHECK ((author_kind = ANY (ARRAY['user'::text, 'service'::text, 'policy'::text, 'system'::text]))),
    CONSTRAINT ck_requests_kind CHECK ((kind = ANY (ARRAY['tweak'::text, 'edit'::text, 'rollback'::text]))),
    CONSTRAINT ck_requests_risk CHECK ((risk = ANY (ARRAY['low'::text, 'high'::text])))
);
CREATE SEQUENCE requests_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE requests_id_seq OWNED BY requests.id;
CREATE TABLE results (
    plan text NOT NULL,
    key text NOT NULL,
    content text NOT NULL,
    reason text NOT NULL,
    customer text NOT NULL,
    "time" text NOT NULL,
    sent text NOT NULL,
    delivered double precision,
    opened double precision,
    clicked double precision,
    redeemed double precision,
    unsubscribed double precision,
    spend double precision,
    margin double precision,
    at bigint NOT NULL
);
CREATE TABLE reviews (
    id bigint NOT NULL,
    request bigint NOT NULL,
    edit integer NOT NULL,
    reviewer text NOT NULL,
    on_behalf_of text,
    verdict text NOT NULL,
    reason text NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT ck_reviews_verdict CHECK ((verdict = ANY (ARRAY['approve'::text, 'reject'::text, 'request_changes'::text])))
);
CREATE SEQUENCE reviews_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE reviews_id_seq OWNED BY reviews.id;
CREATE TABLE segmentations (
    name text NOT NULL,
    title text NOT NULL,
    created_at bigint NOT NULL,
    created_by text NOT NULL,
    current_version integer NOT NULL,
    stable_version integer NOT NULL,
    rolling_request bigint,
    frozen_at bigint,
    frozen_by text,
    frozen_reason text
);
CREATE TABLE sessions (
    token_hash text NOT NULL,
    "user" text NOT NULL,
    csrf text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    seen_at bigint NOT NULL
);
CREATE TABLE subjects (
    customer text NOT NULL,
    secret bytea NOT NULL
);
CREATE TABLE users (
    name text NOT NULL,
    display text NOT NULL,
    roles text NOT NULL,
    password_hash text,
    disabled boolean NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE versions (
    segmentation text NOT NULL,
    number integer NOT NULL,
    sha256 text NOT NULL,
    document text NOT NULL,
    created_at bigint NOT NULL,
    created_by text NOT NULL,
    request bigint,
    note text
);
CREATE TABLE wanted_reviewers (
    request bigint NOT NULL,
    "user" text NOT NULL
);
ALTER TABLE ONLY comments ALTER COLUMN id SET DEFAULT nextval('comments_id_seq'::regclass);
ALTER TABLE ONLY decisions ALTER COLUMN id SET DEFAULT nextval('decisions_id_seq'::regclass);
ALTER TABLE ONLY delegations ALTER COLUMN id SET DEFAULT nextval('delegations_id_seq'::regclass);
ALTER TABLE ONLY events ALTER COLUMN id SET DEFAULT nextval('events_id_seq'::regclass);
ALTER TABLE ONLY evidence ALTER COLUMN id SET DEFAULT nextval('evidence_id_seq'::regclass);
ALTER TABLE ONLY jobs ALTER COLUMN id SET DEFAULT nextval('jobs_id_seq'::regclass);
ALTER TABLE ONLY login_attempts ALTER COLUMN id SET DEFAULT nextval('login_attempts_id_seq'::regclass);
ALTER TABLE ONLY observations ALTER COLUMN id SET DEFAULT nextval('observations_id_seq'::regclass);
ALTER TABLE ONLY requests ALTER COLUMN id SET DEFAULT nextval('requests_id_seq'::regclass);
ALTER TABLE ONLY reviews ALTER COLUMN id SET DEFAULT nextval('reviews_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('0002');
INSERT INTO audit VALUES (1, '33c5a0b8f0664c3ea39f3cd0139421fc', 1772443800123456, 'user', 'ann', 'a', 's', '{"i":0,"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', '0000000000000000000000000000000000000000000000000000000000000000', 'd5fcdbcc03d0021cced507e9f136e98174874ab3f69be5b4083e286fa7af65ac');
INSERT INTO audit VALUES (2, '6f303fb8de634cbab2257d2d3386e67a', 1772443800123456, 'user', 'ann', 'a', 's', '{"i":1,"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 'd5fcdbcc03d0021cced507e9f136e98174874ab3f69be5b4083e286fa7af65ac', 'a73575db744e120bb90bbb25259783f12e0e070f76fbbd3d10360aec753b66aa');
INSERT INTO audit VALUES (3, '1b55e3d8f1d24a8e89de1b3d45115095', 1772443800123456, 'user', 'ann', 'a', 's', '{"i":2,"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 'a73575db744e120bb90bbb25259783f12e0e070f76fbbd3d10360aec753b66aa', 'b51709a5caa852f081f0fb3d867ebc6355402e1850a7baf7d508643d04b8beda');
INSERT INTO audit_head VALUES (1, 3, 'b51709a5caa852f081f0fb3d867ebc6355402e1850a7baf7d508643d04b8beda');
INSERT INTO champions VALUES ('winter', 'winter-7', 1772443800123456);
INSERT INTO comments VALUES (1, 1, 'bob', 'Why 74?', 1772443800123456);
INSERT INTO customers VALUES ('k-17', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', '{"email":false}', 1772443800123456);
INSERT INTO decisions VALUES (1, 'winter-7', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 1772443800123456);
INSERT INTO delegations VALUES (1, 'bob', 'eve', 1772443800123456, 1773048600123456);
INSERT INTO edits VALUES (1, 2, 'policy', 'winter-7', 1, '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 1772443800123456);
INSERT INTO events VALUES (1, 1772443800123456, 'request.submitted', 'requests/1', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', NULL);
INSERT INTO evidence VALUES (1, 'request', '1', 'simulated', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 1772443800123456);
INSERT INTO idempotency VALUES ('user:ann', 'k', '2323232323232323232323232323232323232323232323232323232323232323', 201, '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', '{"ETag":"\"1\""}', 1772443800123456);
INSERT INTO jobs VALUES (1, 'evidence', '1', 'waiting', 0, 1772443800123456, NULL, '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', NULL);
INSERT INTO keys VALUES ('k1', 'crm', 'CRM', 'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef', '["recommendations:read"]', NULL, 1772443800123456, NULL, NULL);
INSERT INTO login_attempts VALUES (1, 'ann', '::1', 1772443800123456, true);
INSERT INTO observations VALUES (1, 'winter', 1, 0, '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 1772443800123456);
INSERT INTO plan_rows VALUES ('plan-1', 'k-17', 'coming', 'lapsed', 'none', 'B', 1, true, 0.1, 0.03333333333333333, '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}');
INSERT INTO plans VALUES ('plan-1', 'winter', 1, '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 1772443800123456, 1, 1772443800123456);
INSERT INTO policies VALUES ('winter-7', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 'validated', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', '{"policy.onnx":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}', 1772443800123456, 'ann');
INSERT INTO requests VALUES (1, 'winter', 1, 3, 2, 'in_review', 'tweak', 'policy', 'winter-7', 'Sooner', 'They lapse', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', '["lapsed"]', 'low', 1, 0.30000000000000004, 1772530200123456, 1775035800123456, 1772443800123456, 1772443800123456, NULL, NULL, NULL, NULL);
INSERT INTO results VALUES ('plan-1', 'id:1', '4545454545454545454545454545454545454545454545454545454545454545', '', 'k-17', '2026-03-03T00:00:00.000000Z', 'B', 1, 0, NULL, NULL, 0, 0.30000000000000004, -1e-300, 1772443800123456);
INSERT INTO reviews VALUES (1, 1, 2, 'bob', NULL, 'approve', 'fine', 1772443800123456);
INSERT INTO segmentations VALUES ('winter', 'Winter', 1772443800123456, 'ann', 1, 1, NULL, -14182940000000, 'bob', 'line
break');
INSERT INTO sessions VALUES ('0101010101010101010101010101010101010101010101010101010101010101', 'ann', 'x', 1772443800123456, 1772443800123456, 1772443800123456);
INSERT INTO subjects VALUES ('k-17', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO users VALUES ('ann', 'Ann', '["reviewer"]', NULL, false, 1772443800123456);
INSERT INTO users VALUES ('bob', 'Bob', '[]', '$argon2id$', true, 1772443800123456);
INSERT INTO versions VALUES ('winter', 1, 'abababababababababababababababababababababababababababababababab', '{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}', 1772443800123456, 'ann', NULL, '');
INSERT INTO wanted_reviewers VALUES (1, 'bob');
SELECT pg_catalog.setval('comments_id_seq', 1, true);
SELECT pg_catalog.setval('decisions_id_seq', 1, true);
SELECT pg_catalog.setval('delegations_id_seq', 1, true);
SELECT pg_catalog.setval('events_id_seq', 1, true);
SELECT pg_catalog.setval('evidence_id_seq', 1, true);
SELECT pg_catalog.setval('jobs_id_seq', 1, true);
SELECT pg_catalog.setval('login_attempts_id_seq', 1, true);
SELECT pg_catalog.setval('observations_id_seq', 1, true);
SELECT pg_catalog.setval('requests_id_seq', 1, true);
SELECT pg_catalog.setval('reviews_id_seq', 1, true);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (sequence);
ALTER TABLE ONLY audit_head
    ADD CONSTRAINT pk_audit_head PRIMARY KEY (id);
ALTER TABLE ONLY champions
    ADD CONSTRAINT pk_champions PRIMARY KEY (segmentation);
ALTER TABLE ONLY comments
    ADD CONSTRAINT pk_comments PRIMARY KEY (id);
ALTER TABLE ONLY customers
    ADD CONSTRAINT pk_customers PRIMARY KEY (key);
ALTER TABLE ONLY decisions
    ADD CONSTRAINT pk_decisions PRIMARY KEY (id);
ALTER TABLE ONLY delegations
    ADD CONSTRAINT pk_delegations PRIMARY KEY (id);
ALTER TABLE ONLY edits
    ADD CONSTRAINT pk_edits PRIMARY KEY (request, number);
ALTER TABLE ONLY events
    ADD CONSTRAINT pk_events PRIMARY KEY (id);
ALTER TABLE ONLY evidence
    ADD CONSTRAINT pk_evidence PRIMARY KEY (id);
ALTER TABLE ONLY idempotency
    ADD CONSTRAINT pk_idempotency PRIMARY KEY (actor, key);
ALTER TABLE ONLY jobs
    ADD CONSTRAINT pk_jobs PRIMARY KEY (id);
ALTER TABLE ONLY keys
    ADD CONSTRAINT pk_keys PRIMARY KEY (id);
ALTER TABLE ONLY login_attempts
    ADD CONSTRAINT pk_login_attempts PRIMARY KEY (id);
ALTER TABLE ONLY observations
    ADD CONSTRAINT pk_observations PRIMARY KEY (id);
ALTER TABLE ONLY plan_rows
    ADD CONSTRAINT pk_plan_rows PRIMARY KEY (plan, customer);
ALTER TABLE ONLY plans
    ADD CONSTRAINT pk_plans PRIMARY KEY (id);
ALTER TABLE ONLY policies
    ADD CONSTRAINT pk_policies PRIMARY KEY (id);
ALTER TABLE ONLY requests
    ADD CONSTRAINT pk_requests PRIMARY KEY (id);
ALTER TABLE ONLY results
    ADD CONSTRAINT pk_results PRIMARY KEY (plan, key);
ALTER TABLE ONLY reviews
    ADD CONSTRAINT pk_reviews PRIMARY KEY (id);
ALTER TABLE ONLY segmentations
    ADD CONSTRAINT pk_segmentations PRIMARY KEY (name);
ALTER TABLE ONLY sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (token_hash);
ALTER TABLE ONLY subjects
    ADD CONSTRAINT pk_subjects PRIMARY KEY (customer);
ALTER TABLE ONLY users
    ADD CONSTRAINT pk_users PRIMARY KEY (name);
ALTER TABLE ONLY versions
    ADD CONSTRAINT pk_versions PRIMARY KEY (segmentation, number);
ALTER TABLE ONLY wanted_reviewers
    ADD CONSTRAINT pk_wanted_reviewers PRIMARY KEY (request, "user");
ALTER TABLE ONLY audit
    ADD CONSTRAINT uq_audit_id UNIQUE (id);
ALTER TABLE ONLY delegations
    ADD CONSTRAINT uq_delegations_delegator_delegate_starts UNIQUE (delegator, delegate, starts);
ALTER TABLE ONLY observations
    ADD CONSTRAINT uq_observations_segmentation_version_period UNIQUE (segmentation, version, period);
CREATE INDEX ix_audit_action_sequence ON audit USING btree (action, sequence);
CREATE INDEX ix_audit_actor_sequence ON audit USING btree (actor, sequence);
CREATE INDEX ix_audit_subject_sequence ON audit USING btree (subject, sequence);
CREATE INDEX ix_comments_request ON comments USING btree (request);
CREATE INDEX ix_decisions_policy ON decisions USING btree (policy);
CREATE INDEX ix_delegations_delegate ON delegations USING btree (delegate);
CREATE INDEX ix_edits_editor ON edits USING btree (editor);
CREATE INDEX ix_events_delivered_at_id ON events USING btree (delivered_at, id);
CREATE INDEX ix_evidence_subject_kind_subject ON evidence USING btree (subject_kind, subject);
CREATE INDEX ix_idempotency_at ON idempotency USING btree (at);
CREATE INDEX ix_jobs_state_run_after ON jobs USING btree (state, run_after);
CREATE INDEX ix_keys_owner ON keys USING btree (owner);
CREATE INDEX ix_login_attempts_address_at ON login_attempts USING btree (address, at);
CREATE INDEX ix_login_attempts_name_at ON login_attempts USING btree (name, at);
CREATE INDEX ix_plan_rows_customer ON plan_rows USING btree (customer);
CREATE INDEX ix_plans_request ON plans USING btree (request);
CREATE INDEX ix_plans_segmentation_version ON plans USING btree (segmentation, version);
CREATE INDEX ix_requests_segmentation_state ON requests USING btree (segmentation, state);
CREATE INDEX ix_requests_state ON requests USING btree (state);
CREATE INDEX ix_results_customer ON results USING btree (customer);
CREATE INDEX ix_reviews_request ON reviews USING btree (request);
CREATE INDEX ix_sessions_user ON sessions USING btree ("user");
CREATE INDEX ix_wanted_reviewers_user ON wanted_reviewers USING btree ("user");
CREATE TRIGGER audit_keeps BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keeps();
ALTER TABLE ONLY champions
    ADD CONSTRAINT fk_champions_policy_policies FOREIGN KEY (policy) REFERENCES policies(id);
ALTER TABLE ONLY champions
    ADD CONSTRAINT fk_champions_segmentation_segmentations FOREIGN KEY (segmentation) REFERENCES segmentations(name);
ALTER TABLE ONLY comments
    ADD CONSTRAINT fk_comments_request_requests FOREIGN KEY (request) REFERENCES requests(id);
ALTER TABLE ONLY decisions
    ADD CONSTRAINT fk_decisions_policy_policies FOREIGN KEY (policy) REFERENCES policies(id);
ALTER TABLE ONLY edits
    ADD CONSTRAINT fk_edits_request_requests FOREIGN KEY (request) REFERENCES requests(id);
ALTER TABLE ONLY observations
    ADD CONSTRAINT fk_observations_segmentation_version_versions FOREIGN KEY (segmentation, version) REFERENCES versions(segmentation, number);
ALTER TABLE ONLY plan_rows
    ADD CONSTRAINT fk_plan_rows_plan_plans FOREIGN KEY (plan) REFERENCES plans(id);
ALTER TABLE ONLY plans
    ADD CONSTRAINT fk_plans_segmentation_version_versions FOREIGN KEY (segmentation, version) REFERENCES versions(segmentation, number);
ALTER TABLE ONLY requests
    ADD CONSTRAINT fk_requests_segmentation_segmentations FOREIGN KEY (segmentation) REFERENCES segmentations(name);
ALTER TABLE ONLY results
    ADD CONSTRAINT fk_results_plan_plans FOREIGN KEY (plan) REFERENCES plans(id);
ALTER TABLE ONLY reviews
    ADD CONSTRAINT fk_reviews_request_requests FOREIGN KEY (request) REFERENCES requests(id);
ALTER TABLE ONLY sessions
    ADD CONSTRAINT fk_sessions_user_users FOREIGN KEY ("user") REFERENCES users(name);
ALTER TABLE ONLY versions
    ADD CONSTRAINT fk_versions_segmentation_segmentations FOREIGN KEY (segmentation) REFERENCES segmentations(name);
ALTER TABLE ONLY wanted_reviewers
    ADD CONSTRAINT fk_wanted_reviewers_request_requests FOREIGN KEY (request) REFERENCES requests(id);
