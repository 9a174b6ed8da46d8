package store

import (
	"context"
	_ "embed" // for the schema
	"fmt"
)

// applicationID marks a database file as Parley's: "Parl" in ASCII.
const applicationID = 0x5061726c

var (
	//go:embed schema/1.sql
	schema1 string
	//go:embed schema/2.sql
	schema2 string
	//go:embed schema/3.sql
	schema3 string
)

// migrations returns the steps from one version of the schema to the next, the first from an
// empty database. Steps that were released are never changed; new ones are added at the end.
func migrations() []string {
	return []string{schema1, schema2, schema3}
}

// migrate brings the database to the newest version of the schema, all steps or none.
func (s *Store) migrate(ctx context.Context, c *session) error {
	version, err := c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if version == 0 && s.tally != nil && s.tally.value > 0 { // before anything is written over what is left
		return s.missing(0)
	}
	steps := migrations()
	if version > int64(len(steps)) {
		return &Error{
			Problem: ErrNewer, Path: s.path, Detail: fmt.Sprintf("schema %d, this program knows %d", version, len(steps)),
			hint: "use the newer parley again, " + elsewhere,
		}
	}
	if version == int64(len(steps)) {
		return nil
	}
	return c.transact(ctx, func() error {
		for _, step := range steps[version:] {
			if err := c.exec(ctx, step); err != nil {
				return fmt.Errorf("changing the schema: %w", err)
			}
		}
		return c.exec(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
	})
}
