-- What an instance was given through its API: each thing whole, under its kind and id.
CREATE TABLE documents (
	kind TEXT NOT NULL,
	id   TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (kind, id)
) STRICT;
