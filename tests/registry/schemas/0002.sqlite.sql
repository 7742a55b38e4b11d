BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit (
	sequence INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	details TEXT NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (sequence), 
	CONSTRAINT ck_audit_actor_kind CHECK ("actor_kind" IN ('user', 'service', 'policy', 'system')), 
	CONSTRAINT uq_audit_id UNIQUE (id)
);
INSERT INTO "audit" VALUES(1,'9c833809b2334d57bcbd7d24ac3db3d6',1772443800123456,'user','ann','a','s','{"i":0,"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}','0000000000000000000000000000000000000000000000000000000000000000','f6d731fd5d1d2c3b87ff82a9e5f6e02b9b10f6deb537472dd765b78ba87b4930');
INSERT INTO "audit" VALUES(2,'90a83e6a3cc34239ad13ceef98a648cc',1772443800123456,'user','ann','a','s','{"i":1,"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}','f6d731fd5d1d2c3b87ff82a9e5f6e02b9b10f6deb537472dd765b78ba87b4930','80e377ae790aab439d7a01f8ce34095b5dabd0df704ff0f9c8afe75c54cf2002');
INSERT INTO "audit" VALUES(3,'7c38d6100eea46c69bb36bf697929162',1772443800123456,'user','ann','a','s','{"i":2,"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}','80e377ae790aab439d7a01f8ce34095b5dabd0df704ff0f9c8afe75c54cf2002','23ec4a9e7c1f70f6494921c193decb65b3ac828c18fd06cc94bda71467d76851');
CREATE TABLE audit_head (
	id INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_audit_head PRIMARY KEY (id), 
	CONSTRAINT ck_audit_head_one_row CHECK (id = 1)
);
INSERT INTO "audit_head" VALUES(1,3,'23ec4a9e7c1f70f6494921c193decb65b3ac828c18fd06cc94bda71467d76851');
CREATE TABLE champions (
	segmentation TEXT NOT NULL, 
	policy TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	CONSTRAINT pk_champions PRIMARY KEY (segmentation), 
	CONSTRAINT fk_champions_policy_policies FOREIGN KEY(policy) REFERENCES policies (id), 
	CONSTRAINT fk_champions_segmentation_segmentations FOREIGN KEY(segmentation) REFERENCES segmentations (name)
);
INSERT INTO "champions" VALUES('winter','winter-7',1772443800123456);
CREATE TABLE comments (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	request INTEGER NOT NULL, 
	author TEXT NOT NULL, 
	text TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT fk_comments_request_requests FOREIGN KEY(request) REFERENCES requests (id)
);
INSERT INTO "comments" VALUES(1,1,'bob','Why 74?',1772443800123456);
CREATE TABLE customers (
	"key" TEXT NOT NULL, 
	document TEXT NOT NULL, 
	consent TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_customers PRIMARY KEY ("key")
);
INSERT INTO "customers" VALUES('k-17','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}','{"email":false}',1772443800123456);
CREATE TABLE decisions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	policy TEXT NOT NULL, 
	document TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT fk_decisions_policy_policies FOREIGN KEY(policy) REFERENCES policies (id)
);
INSERT INTO "decisions" VALUES(1,'winter-7','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',1772443800123456);
CREATE TABLE delegations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	delegator TEXT NOT NULL, 
	delegate TEXT NOT NULL, 
	starts BIGINT NOT NULL, 
	ends BIGINT NOT NULL, 
	CONSTRAINT uq_delegations_delegator_delegate_starts UNIQUE (delegator, delegate, starts)
);
INSERT INTO "delegations" VALUES(1,'bob','eve',1772443800123456,1773048600123456);
CREATE TABLE edits (
	request INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	editor_kind TEXT NOT NULL, 
	editor TEXT NOT NULL, 
	base_version INTEGER NOT NULL, 
	change TEXT NOT NULL, 
	predicted TEXT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_edits PRIMARY KEY (request, number), 
	CONSTRAINT ck_edits_editor_kind CHECK ("editor_kind" IN ('user', 'service', 'policy', 'system')), 
	CONSTRAINT fk_edits_request_requests FOREIGN KEY(request) REFERENCES requests (id)
);
INSERT INTO "edits" VALUES(1,2,'policy','winter-7',1,'{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',1772443800123456);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	document TEXT NOT NULL, 
	delivered_at BIGINT
);
INSERT INTO "events" VALUES(1,1772443800123456,'request.submitted','requests/1','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',NULL);
CREATE TABLE evidence (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	subject_kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	document TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT ck_evidence_kind CHECK ("kind" IN ('simulated', 'logged', 'live')), 
	CONSTRAINT ck_evidence_subject_kind CHECK ("subject_kind" IN ('request', 'policy'))
);
INSERT INTO "evidence" VALUES(1,'request','1','simulated','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',1772443800123456);
CREATE TABLE idempotency (
	actor TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	request_sha256 TEXT NOT NULL, 
	status INTEGER, 
	body BLOB, 
	headers TEXT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_idempotency PRIMARY KEY (actor, "key")
);
INSERT INTO "idempotency" VALUES('user:ann','k','2323232323232323232323232323232323232323232323232323232323232323',201,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF','{"ETag":"\"1\""}',1772443800123456);
CREATE TABLE jobs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	run_after BIGINT NOT NULL, 
	lease_until BIGINT, 
	document TEXT NOT NULL, 
	error TEXT, 
	CONSTRAINT ck_jobs_state CHECK ("state" IN ('waiting', 'running', 'done', 'failed'))
);
INSERT INTO "jobs" VALUES(1,'evidence','1','waiting',0,1772443800123456,NULL,'{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',NULL);
CREATE TABLE keys (
	id TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	name TEXT NOT NULL, 
	secret_hash TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	expires_at BIGINT, 
	created_at BIGINT NOT NULL, 
	revoked_at BIGINT, 
	last_used_at BIGINT, 
	CONSTRAINT pk_keys PRIMARY KEY (id)
);
INSERT INTO "keys" VALUES('k1','crm','CRM','efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','["recommendations:read"]',NULL,1772443800123456,NULL,NULL);
CREATE TABLE login_attempts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	ok BOOLEAN NOT NULL
);
INSERT INTO "login_attempts" VALUES(1,'ann','::1',1772443800123456,1);
CREATE TABLE observations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	segmentation TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	period INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT fk_observations_segmentation_version_versions FOREIGN KEY(segmentation, version) REFERENCES versions (segmentation, number), 
	CONSTRAINT uq_observations_segmentation_version_period UNIQUE (segmentation, version, period)
);
INSERT INTO "observations" VALUES(1,'winter',1,0,'{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',1772443800123456);
CREATE TABLE plan_rows (
	"plan" TEXT NOT NULL, 
	customer TEXT NOT NULL, 
	arm TEXT NOT NULL, 
	segment TEXT NOT NULL, 
	planned TEXT NOT NULL, 
	campaign TEXT NOT NULL, 
	eligible INTEGER NOT NULL, 
	explored BOOLEAN NOT NULL, 
	exploration FLOAT NOT NULL, 
	propensity FLOAT NOT NULL, 
	baseline TEXT NOT NULL, 
	CONSTRAINT pk_plan_rows PRIMARY KEY ("plan", customer), 
	CONSTRAINT fk_plan_rows_plan_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "plan_rows" VALUES('plan-1','k-17','coming','lapsed','none','B',1,1,0.1,3.33333333333333328707e-02,'{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}');
CREATE TABLE plans (
	id TEXT NOT NULL, 
	segmentation TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	at BIGINT NOT NULL, request INTEGER, completed_at BIGINT, 
	CONSTRAINT pk_plans PRIMARY KEY (id), 
	CONSTRAINT fk_plans_segmentation_version_versions FOREIGN KEY(segmentation, version) REFERENCES versions (segmentation, number)
);
INSERT INTO "plans" VALUES('plan-1','winter',1,'{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',1772443800123456,1,1772443800123456);
CREATE TABLE policies (
	id TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	level TEXT NOT NULL, 
	manifest TEXT NOT NULL, 
	graph BLOB NOT NULL, 
	files TEXT NOT NULL, 
	uploaded_at BIGINT NOT NULL, 
	uploaded_by TEXT NOT NULL, 
	CONSTRAINT pk_policies PRIMARY KEY (id), 
	CONSTRAINT ck_policies_level CHECK ("level" IN ('candidate', 'validated', 'proven'))
);
INSERT INTO "policies" VALUES('winter-7','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','validated','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF','{"policy.onnx":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}',1772443800123456,'ann');
CREATE TABLE requests (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	segmentation TEXT NOT NULL, 
	base_version INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	edit INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	author_kind TEXT NOT NULL, 
	author TEXT NOT NULL, 
	title TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	change TEXT NOT NULL, 
	touches TEXT NOT NULL, 
	risk TEXT NOT NULL, 
	quorum INTEGER NOT NULL, 
	share FLOAT, 
	scheduled_for BIGINT, 
	expires_at BIGINT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	version INTEGER, 
	predicted TEXT, 
	realised TEXT, 
	stop_reason TEXT, 
	CONSTRAINT ck_requests_author_kind CHECK ("author_kind" IN ('user', 'service', 'policy', 'system')), 
	CONSTRAINT ck_requests_kind CHECK ("kind" IN ('tweak', 'edit', 'rollback')), 
	CONSTRAINT ck_requests_risk CHECK ("risk" IN ('low', 'high')), 
	CONSTRAINT fk_requests_segmentation_segmentations FOREIGN KEY(segmentation) REFERENCES segmentations (name)
);
INSERT INTO "requests" VALUES(1,'winter',1,3,2,'in_review','tweak','policy','winter-7','Sooner','They lapse','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}','["lapsed"]','low',1,3.00000000000000044408e-01,1772530200123456,1775035800123456,1772443800123456,1772443800123456,NULL,NULL,NULL,NULL);
CREATE TABLE results (
	"plan" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	content TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	customer TEXT NOT NULL, 
	time TEXT NOT NULL, 
	sent TEXT NOT NULL, 
	delivered FLOAT, 
	opened FLOAT, 
	clicked FLOAT, 
	redeemed FLOAT, 
	unsubscribed FLOAT, 
	spend FLOAT, 
	margin FLOAT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_results PRIMARY KEY ("plan", "key"), 
	CONSTRAINT fk_results_plan_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "results" VALUES('plan-1','id:1','4545454545454545454545454545454545454545454545454545454545454545','','k-17','2026-03-03T00:00:00.000000Z','B',1.0,0.0,NULL,NULL,0.0,3.00000000000000044408e-01,-1.0e-300,1772443800123456);
CREATE TABLE reviews (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	request INTEGER NOT NULL, 
	edit INTEGER NOT NULL, 
	reviewer TEXT NOT NULL, 
	on_behalf_of TEXT, 
	verdict TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT ck_reviews_verdict CHECK ("verdict" IN ('approve', 'reject', 'request_changes')), 
	CONSTRAINT fk_reviews_request_requests FOREIGN KEY(request) REFERENCES requests (id)
);
INSERT INTO "reviews" VALUES(1,1,2,'bob',NULL,'approve','fine',1772443800123456);
CREATE TABLE segmentations (
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	current_version INTEGER NOT NULL, 
	stable_version INTEGER NOT NULL, 
	rolling_request INTEGER, 
	frozen_at BIGINT, 
	frozen_by TEXT, 
	frozen_reason TEXT, 
	CONSTRAINT pk_segmentations PRIMARY KEY (name)
);
INSERT INTO "segmentations" VALUES('winter','Winter',1772443800123456,'ann',1,1,NULL,-14182940000000,'bob','line
break');
CREATE TABLE sessions (
	token_hash TEXT NOT NULL, 
	user TEXT NOT NULL, 
	csrf TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_user_users FOREIGN KEY(user) REFERENCES users (name)
);
INSERT INTO "sessions" VALUES('0101010101010101010101010101010101010101010101010101010101010101','ann','x',1772443800123456,1772443800123456,1772443800123456);
CREATE TABLE subjects (
	customer TEXT NOT NULL, 
	secret BLOB NOT NULL, 
	CONSTRAINT pk_subjects PRIMARY KEY (customer)
);
INSERT INTO "subjects" VALUES('k-17',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
CREATE TABLE users (
	name TEXT NOT NULL, 
	display TEXT NOT NULL, 
	roles TEXT NOT NULL, 
	password_hash TEXT, 
	disabled BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (name)
);
INSERT INTO "users" VALUES('ann','Ann','["reviewer"]',NULL,0,1772443800123456);
INSERT INTO "users" VALUES('bob','Bob','[]','$argon2id$',1,1772443800123456);
CREATE TABLE versions (
	segmentation TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	document TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	request INTEGER, 
	note TEXT, 
	CONSTRAINT pk_versions PRIMARY KEY (segmentation, number), 
	CONSTRAINT fk_versions_segmentation_segmentations FOREIGN KEY(segmentation) REFERENCES segmentations (name)
);
INSERT INTO "versions" VALUES('winter',1,'abababababababababababababababababababababababababababababababab','{"n":[1,null,true],"reason":"Größer — 漢字 😀   \"quoted\" \\ \u0000","share":0.1,"tiny":5e-324}',1772443800123456,'ann',NULL,'');
CREATE TABLE wanted_reviewers (
	request INTEGER NOT NULL, 
	user TEXT NOT NULL, 
	CONSTRAINT pk_wanted_reviewers PRIMARY KEY (request, user), 
	CONSTRAINT fk_wanted_reviewers_request_requests FOREIGN KEY(request) REFERENCES requests (id)
);
INSERT INTO "wanted_reviewers" VALUES(1,'bob');
CREATE INDEX ix_delegations_delegate ON delegations (delegate);
CREATE INDEX ix_requests_segmentation_state ON requests (segmentation, state);
CREATE INDEX ix_requests_state ON requests (state);
CREATE INDEX ix_comments_request ON comments (request);
CREATE INDEX ix_edits_editor ON edits (editor);
CREATE INDEX ix_reviews_request ON reviews (request);
CREATE INDEX ix_wanted_reviewers_user ON wanted_reviewers (user);
CREATE INDEX ix_evidence_subject_kind_subject ON evidence (subject_kind, subject);
CREATE INDEX ix_jobs_state_run_after ON jobs (state, run_after);
CREATE INDEX ix_decisions_policy ON decisions (policy);
CREATE INDEX ix_plans_segmentation_version ON plans (segmentation, version);
CREATE INDEX ix_keys_owner ON keys (owner);
CREATE INDEX ix_login_attempts_address_at ON login_attempts (address, at);
CREATE INDEX ix_login_attempts_name_at ON login_attempts (name, at);
CREATE INDEX ix_sessions_user ON sessions (user);
CREATE INDEX ix_audit_action_sequence ON audit (action, sequence);
CREATE INDEX ix_audit_actor_sequence ON audit (actor, sequence);
CREATE INDEX ix_audit_subject_sequence ON audit (subject, sequence);
CREATE INDEX ix_events_delivered_at_id ON events (delivered_at, id);
CREATE INDEX ix_idempotency_at ON idempotency (at);
CREATE TRIGGER audit_keeps_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_keeps_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE INDEX ix_plans_request ON plans (request);
CREATE INDEX ix_plan_rows_customer ON plan_rows (customer);
CREATE INDEX ix_results_customer ON results (customer);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('requests',1);
INSERT INTO "sqlite_sequence" VALUES('reviews',1);
INSERT INTO "sqlite_sequence" VALUES('comments',1);
INSERT INTO "sqlite_sequence" VALUES('delegations',1);
INSERT INTO "sqlite_sequence" VALUES('evidence',1);
INSERT INTO "sqlite_sequence" VALUES('decisions',1);
INSERT INTO "sqlite_sequence" VALUES('jobs',1);
INSERT INTO "sqlite_sequence" VALUES('observations',1);
INSERT INTO "sqlite_sequence" VALUES('login_attempts',1);
INSERT INTO "sqlite_sequence" VALUES('events',1);
COMMIT;
