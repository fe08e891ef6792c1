BEGIN TRANSACTION;
CREATE TABLE batch (
	scope TEXT NOT NULL, 
	submission_id TEXT NOT NULL, 
	month INTEGER NOT NULL, 
	declared TEXT NOT NULL, 
	content TEXT NOT NULL, 
	PRIMARY KEY (scope, submission_id)
);
CREATE TABLE depositor (
	scope TEXT NOT NULL, 
	account_no TEXT NOT NULL, 
	name TEXT NOT NULL, 
	id_number TEXT NOT NULL, 
	person TEXT NOT NULL, 
	base INTEGER NOT NULL, 
	unit_ratio TEXT NOT NULL, 
	person_ratio TEXT NOT NULL, 
	unit_amount INTEGER NOT NULL, 
	person_amount INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	PRIMARY KEY (scope, account_no)
);
CREATE TABLE form_draft (
	scope TEXT NOT NULL, 
	screen TEXT NOT NULL, 
	typed TEXT NOT NULL, 
	updated TEXT NOT NULL, 
	PRIMARY KEY (scope, screen)
);
CREATE TABLE inbox_item (
	scope TEXT NOT NULL, 
	item_id INTEGER NOT NULL, 
	rev INTEGER NOT NULL, 
	tab TEXT NOT NULL, 
	content TEXT NOT NULL, 
	PRIMARY KEY (scope, item_id)
);
CREATE TABLE outbox (
	submission_id TEXT NOT NULL, 
	profile TEXT NOT NULL, 
	center TEXT NOT NULL, 
	unit_account TEXT NOT NULL, 
	operator TEXT NOT NULL, 
	roster_id INTEGER NOT NULL, 
	business TEXT NOT NULL, 
	url TEXT NOT NULL, 
	body BLOB NOT NULL, 
	digest TEXT NOT NULL, 
	headers TEXT NOT NULL, 
	signature_expires INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	amount INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_try FLOAT NOT NULL, 
	note TEXT NOT NULL, 
	receipt TEXT NOT NULL, 
	created TEXT NOT NULL, 
	updated TEXT NOT NULL, 
	PRIMARY KEY (submission_id)
);
CREATE TABLE roster (
	roster_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	profile TEXT NOT NULL, 
	center TEXT NOT NULL, 
	unit_account TEXT NOT NULL, 
	operator TEXT NOT NULL, 
	business TEXT NOT NULL, 
	source TEXT NOT NULL, 
	header TEXT NOT NULL, 
	state TEXT NOT NULL, 
	submission_id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	base_picked INTEGER NOT NULL, 
	loading INTEGER NOT NULL, 
	loader INTEGER NOT NULL, 
	created TEXT NOT NULL, 
	updated TEXT NOT NULL
);
INSERT INTO "roster" VALUES(1,'baishan','test','100001','li','open','single','{}','draft','',2,0,0,0,'2026-11-25T22:23:08.253769Z','2026-11-25T22:23:08.271498Z');
CREATE TABLE roster_bucket (
	roster_id INTEGER NOT NULL, 
	bucket INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	draft INTEGER NOT NULL, 
	bad INTEGER NOT NULL, 
	good INTEGER NOT NULL, 
	amount INTEGER NOT NULL, 
	picked INTEGER NOT NULL, 
	picked_good INTEGER NOT NULL, 
	picked_amount INTEGER NOT NULL, 
	PRIMARY KEY (roster_id, bucket)
)
 WITHOUT ROWID

;
INSERT INTO "roster_bucket" VALUES(1,4,2,2,0,2,2000,0,0,0);
CREATE TABLE roster_row (
	row_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	roster_id INTEGER NOT NULL, 
	pos FLOAT NOT NULL, 
	typed TEXT NOT NULL, 
	checked TEXT NOT NULL, 
	findings TEXT NOT NULL, 
	errors INTEGER NOT NULL, 
	amount INTEGER NOT NULL, 
	person TEXT NOT NULL, 
	dup_of INTEGER, 
	source TEXT NOT NULL, 
	sheet_row INTEGER NOT NULL, 
	change TEXT NOT NULL, 
	picked INTEGER NOT NULL, 
	batch INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	submission_id TEXT NOT NULL, 
	submission_row INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	account_no TEXT NOT NULL, 
	bad INTEGER GENERATED ALWAYS AS ((errors > 0) OR (dup_of IS NOT NULL)) VIRTUAL, 
	good INTEGER GENERATED ALWAYS AS (CASE WHEN state = 'draft' AND bad = 0 AND change <> 'deleted' THEN 1 ELSE 0 END) VIRTUAL, 
	FOREIGN KEY(roster_id) REFERENCES roster (roster_id)
);
INSERT INTO "roster_row" VALUES(1,1,1024.0,'{"name":"\u5f20\u4e09","id_number":"110101199003070017","base":"5000.00"}','{"name":"\u5f20\u4e09","id_number":"110101199003070017","base":"5000.00"}','',0,1000,'k110101199003070017',NULL,'single',0,'new',0,0,'draft','',0,'','','');
INSERT INTO "roster_row" VALUES(2,1,1025.0,'{"name":"\u674e\u56db","id_number":"110101199003070025","base":"5000.00"}','{"name":"\u674e\u56db","id_number":"110101199003070025","base":"5000.00"}','',0,1000,'k110101199003070025',NULL,'single',0,'new',0,0,'draft','',0,'','','');
CREATE TABLE setting (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE INDEX ix_roster_scope ON roster (unit_account, business, state);
CREATE INDEX ix_outbox_state ON outbox (state, unit_account, created);
CREATE INDEX ix_inbox_tab ON inbox_item (scope, tab, item_id);
CREATE INDEX ix_depositor_person ON depositor (scope, person);
CREATE INDEX ix_batch_month ON batch (scope, month);
CREATE INDEX ix_row_picked ON roster_row (roster_id, pos) WHERE picked = 1;
CREATE INDEX ix_row_person ON roster_row (roster_id, person) WHERE person <> '';
CREATE INDEX ix_row_submission ON roster_row (submission_id, submission_row) WHERE submission_id <> '';
CREATE INDEX ix_row_pos ON roster_row (roster_id, pos);
CREATE TRIGGER row_in AFTER INSERT ON roster_row BEGIN INSERT INTO roster_bucket (roster_id, bucket, total, draft, bad, good, amount, picked, picked_good, picked_amount) VALUES (NEW.roster_id, CAST(NEW.pos / 256 AS INTEGER), 1, (NEW.state = 'draft'), (NEW.bad AND NEW.state = 'draft'), NEW.good, NEW.good * NEW.amount, (NEW.picked AND NEW.state = 'draft'), NEW.picked * NEW.good, NEW.picked * NEW.good * NEW.amount) ON CONFLICT (roster_id, bucket) DO UPDATE SET total = total + excluded.total, draft = draft + excluded.draft, bad = bad + excluded.bad, good = good + excluded.good, amount = amount + excluded.amount, picked = picked + excluded.picked, picked_good = picked_good + excluded.picked_good, picked_amount = picked_amount + excluded.picked_amount; END;
CREATE TRIGGER row_out AFTER DELETE ON roster_row BEGIN UPDATE roster_bucket SET total = total - 1, draft = draft - (OLD.state = 'draft'), bad = bad - (OLD.bad AND OLD.state = 'draft'), good = good - OLD.good, amount = amount - OLD.good * OLD.amount, picked = picked - (OLD.picked AND OLD.state = 'draft'), picked_good = picked_good - OLD.picked * OLD.good, picked_amount = picked_amount - OLD.picked * OLD.good * OLD.amount WHERE roster_id = OLD.roster_id AND bucket = CAST(OLD.pos / 256 AS INTEGER); DELETE FROM roster_bucket WHERE roster_id = OLD.roster_id AND bucket = CAST(OLD.pos / 256 AS INTEGER) AND total = 0; END;
CREATE TRIGGER row_changed AFTER UPDATE OF roster_id, pos, errors, dup_of, amount, change, picked, state ON roster_row BEGIN UPDATE roster_bucket SET total = total - 1, draft = draft - (OLD.state = 'draft'), bad = bad - (OLD.bad AND OLD.state = 'draft'), good = good - OLD.good, amount = amount - OLD.good * OLD.amount, picked = picked - (OLD.picked AND OLD.state = 'draft'), picked_good = picked_good - OLD.picked * OLD.good, picked_amount = picked_amount - OLD.picked * OLD.good * OLD.amount WHERE roster_id = OLD.roster_id AND bucket = CAST(OLD.pos / 256 AS INTEGER); DELETE FROM roster_bucket WHERE roster_id = OLD.roster_id AND bucket = CAST(OLD.pos / 256 AS INTEGER) AND total = 0; INSERT INTO roster_bucket (roster_id, bucket, total, draft, bad, good, amount, picked, picked_good, picked_amount) VALUES (NEW.roster_id, CAST(NEW.pos / 256 AS INTEGER), 1, (NEW.state = 'draft'), (NEW.bad AND NEW.state = 'draft'), NEW.good, NEW.good * NEW.amount, (NEW.picked AND NEW.state = 'draft'), NEW.picked * NEW.good, NEW.picked * NEW.good * NEW.amount) ON CONFLICT (roster_id, bucket) DO UPDATE SET total = total + excluded.total, draft = draft + excluded.draft, bad = bad + excluded.bad, good = good + excluded.good, amount = amount + excluded.amount, picked = picked + excluded.picked, picked_good = picked_good + excluded.picked_good, picked_amount = picked_amount + excluded.picked_amount; END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('roster',1);
INSERT INTO "sqlite_sequence" VALUES('roster_row',2);
COMMIT;
PRAGMA user_version = 1;
