package sqlitestore

// The file says whose it is in two numbers of its header: application_id,
// which reads "EVEN" in ASCII, and user_version, the version of the schema
// below. A change of the schema raises the version and adds its steps to
// migrate in open.go.
const (
	applicationID = 0x4556454e
	schemaVersion = 1
)

// schema makes the tables of version 1.
//
// ledger has a rowid, because its rows are long: in a table without one they
// would overflow the nodes of the tree. The other tables are small and are
// read by their primary key, so they need none. Text is compared byte for byte
// (SQLite's BINARY, the default), which keeps desks apart whatever their names.
var schema = []string{
	`CREATE TABLE ledger (
	desk     TEXT    NOT NULL,
	seq      INTEGER NOT NULL, -- 1, 2, 3, … within the desk
	time     TEXT    NOT NULL, -- 2006-01-02T15:04:05.000000Z
	event    TEXT    NOT NULL,
	kind     TEXT    NOT NULL, -- empty for events that concern no customer
	customer TEXT    NOT NULL,
	episode  INTEGER NOT NULL,
	rep      TEXT    NOT NULL, -- empty when none
	rule     TEXT    NOT NULL,
	status   TEXT    NOT NULL,
	reason   TEXT    NOT NULL,
	body     TEXT    NOT NULL, -- the whole event, as JSON
	fields   TEXT,             -- the customer's fields, as JSON; NULL when none or erased
	salt     BLOB,
	digest   BLOB,             -- SHA-256 of salt and fields
	PRIMARY KEY (desk, seq)
) STRICT`,

	`CREATE TABLE links (
	desk    TEXT    NOT NULL,
	version INTEGER NOT NULL, -- the last seq of the batch
	link    BLOB    NOT NULL,
	PRIMARY KEY (desk, version)
) STRICT, WITHOUT ROWID`,

	`CREATE TABLE keys (
	desk TEXT    NOT NULL,
	name TEXT    NOT NULL,
	seq  INTEGER NOT NULL,
	PRIMARY KEY (desk, name)
) STRICT, WITHOUT ROWID`,

	`CREATE TABLE timers (
	desk TEXT NOT NULL,
	name TEXT NOT NULL,
	due  TEXT NOT NULL,
	PRIMARY KEY (desk, name)
) STRICT, WITHOUT ROWID`,

	`CREATE TABLE snapshots (
	desk    TEXT    NOT NULL,
	version INTEGER NOT NULL,
	link    BLOB    NOT NULL,
	state   BLOB    NOT NULL,
	PRIMARY KEY (desk, version)
) STRICT`,

	`CREATE INDEX ledger_customer ON ledger (desk, kind, customer, seq)`,
	`CREATE INDEX timers_due ON timers (due, desk, name)`,

	`CREATE VIEW decisions AS
SELECT desk, seq, time, kind, customer, episode, status, rep, rule, reason
FROM ledger
WHERE event IN ('assigned', 'waiting', 'unassigned', 'pooled')`,

	`CREATE VIEW customers AS
SELECT desk, kind, customer, episode, status, rep, rule, reason, time AS since, seq
FROM ledger AS this
WHERE status <> '' AND NOT EXISTS (
	SELECT 1 FROM ledger AS later
	WHERE later.desk = this.desk AND later.kind = this.kind AND later.customer = this.customer
	AND later.seq > this.seq AND later.status <> '')`,

	`CREATE VIEW open_work AS
SELECT desk, rep, kind, count(*) AS open, min(since) AS oldest
FROM customers
WHERE status = 'assigned'
GROUP BY desk, rep, kind`,
}
