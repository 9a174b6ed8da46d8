-- The contacts that followed the first one of a chat, which is the row in contacts.
CREATE TABLE successors (
	id      TEXT PRIMARY KEY,
	contact INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX successors_contact ON successors (contact);
