-- UUIDs in the tables that grow are 16 bytes; any other id there is text. Times are
-- milliseconds since 1970.

CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How many transactions were committed, in its only row.
CREATE TABLE ledger (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	commits INTEGER NOT NULL
) STRICT;
INSERT INTO ledger VALUES (1, 0);

-- body holds the whole contact; the columns beside it are what it is looked up by.
-- revised is the newest time of an item that replaced another.
CREATE TABLE contacts (
	n        INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT NOT NULL UNIQUE,
	initial  TEXT NOT NULL,
	started  INTEGER NOT NULL,
	ended    INTEGER,
	past     INTEGER NOT NULL,
	revised  INTEGER NOT NULL DEFAULT 0,
	body     TEXT NOT NULL
) STRICT;
CREATE INDEX contacts_initial ON contacts (initial);
CREATE INDEX contacts_ended ON contacts (ended);

CREATE TABLE starts (
	instance TEXT NOT NULL,
	token    TEXT NOT NULL,
	contact  INTEGER NOT NULL,
	started  INTEGER NOT NULL,
	PRIMARY KEY (instance, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX starts_contact ON starts (contact);

-- n is the number of the contact times 2^32 plus the item's place in it. That keeps the
-- items of a contact side by side in a table whose inner pages hold nothing but numbers.
CREATE TABLE items (
	n            INTEGER PRIMARY KEY CHECK (n > 4294967296),
	id           ANY NOT NULL,
	time         INTEGER NOT NULL,
	type         TEXT NOT NULL,
	content_type TEXT NOT NULL,
	content      TEXT,
	participant  ANY,
	name         TEXT,
	role         TEXT,
	token        TEXT,
	extra        TEXT
) STRICT;
CREATE UNIQUE INDEX items_id ON items (n >> 32, id);

-- For people who look into the file.
CREATE VIEW transcript AS
	SELECT c.id AS contact, i.n & 4294967295 AS seq, datetime(i.time / 1000, 'unixepoch') AS time, i.role, i.name, i.type,
		i.content_type, i.content
	FROM contacts c JOIN items i ON i.n > c.n << 32 AND i.n < (c.n + 1) << 32;

CREATE TABLE marks (
	n           INTEGER PRIMARY KEY,
	contact     INTEGER NOT NULL,
	participant ANY NOT NULL,
	seq         INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	read        INTEGER NOT NULL
) STRICT;
CREATE INDEX marks_contact ON marks (contact, participant, seq);

CREATE TABLE files (
	id      TEXT PRIMARY KEY,
	contact INTEGER NOT NULL,
	body    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_contact ON files (contact);

-- Contacts that were removed and whose items are still being deleted.
CREATE TABLE doomed (
	contact INTEGER PRIMARY KEY
) STRICT;
