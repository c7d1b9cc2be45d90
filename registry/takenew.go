package registry

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// The short way, for a list of people nobody knew. Its rows are compared by their
// keys alone and then copied straight into their tables: no row is found again by
// a key it was just written with, which is most of what the long way costs.
//
// Only what is certain goes it. Nobody on the list is known by id or local key, so
// nothing is refreshed or ended, nobody is dead, resting, of another commune or
// claimed by a batch; and no row is refused or unclear. Whatever else turns up
// leads to the long way, which knows all cases: at the last, when an import in
// another commune adds one of these people between the look and the copy, the
// unique keys of registry.person refuse the copy as a whole.

// takeNew takes the list the short way and returns the warnings it met, or reports
// that it must go the long way, having written nothing.
func (s *stage) takeNew(ctx context.Context, in intake, options ImportOptions) (met []Finding, taken bool, err error) {
	if !in.plain() {
		return nil, false, nil
	}
	known, err := s.anyKnown(ctx, in)
	if known || err != nil {
		return nil, false, err
	}
	if err := s.fillKeys(ctx, in); err != nil {
		return nil, false, err
	}
	met, clear, err := s.meetNew(ctx, in.List, options)
	if err != nil {
		return nil, false, err
	}
	if clear {
		taken, err = s.add(ctx, in)
	}
	if taken || err != nil {
		return met, taken, err
	}
	return nil, false, s.clear(ctx) // the long way fills it again
}

// plain reports that no two rows say different things of who one person is: each
// id has one name, and nobody without an id stands there twice. Nor did anybody take
// over an offered bank.
func (in intake) plain() bool {
	folds := make(map[string]string, len(in.Lines))
	for i := range in.Lines {
		c := &in.closed[i]
		if in.Lines[i].Refused {
			continue
		}
		if in.Lines[i].Repaired { // its account counts as a changed one
			return false
		}
		person := c.person()
		if fold, twice := folds[person]; twice && (c.id.index == nil || fold != c.fold) {
			return false
		}
		folds[person] = c.fold
	}
	return true
}

// Each key is looked up by itself (LIMIT keeps it so), in their order.
const sqlAnyKnown = `
SELECT EXISTS (SELECT FROM unnest(@ids::bytea[]) AS i (id_index),
                      LATERAL (SELECT FROM registry.person p WHERE p.id_index = i.id_index LIMIT 1) k)
    OR EXISTS (SELECT FROM unnest(@locals::bytea[]) AS l (local_key),
                      LATERAL (SELECT FROM registry.person p WHERE p.local_key = l.local_key LIMIT 1) k)`

// anyKnown reports whether a record of anybody on the list exists.
func (s *stage) anyKnown(ctx context.Context, in intake) (known bool, err error) {
	ids, locals := make([][]byte, 0, len(in.Lines)), [][]byte{}
	for i := range in.Lines {
		switch c := &in.closed[i]; {
		case in.Lines[i].Refused:
		case c.id.index != nil:
			ids = append(ids, c.id.index)
		default:
			locals = append(locals, c.local)
		}
	}
	slices.SortFunc(ids, bytes.Compare) // neighbours stand on one page
	if err := s.tx.QueryRow(ctx, sqlAnyKnown, pgx.NamedArgs{"ids": ids, "locals": locals}).Scan(&known); err != nil {
		return false, fmt.Errorf("look for known people in list %d: %w", s.list, err)
	}
	return known, nil
}

// meetNew asks the questions of meet and merge that a list of unknown people can
// fail. It is not clear if any row would be refused.
func (s *stage) meetNew(ctx context.Context, list List, options ImportOptions) (met []Finding, clear bool, err error) {
	m := s.meeting(list, options)
	for _, step := range []func(context.Context, List) error{m.staff, m.accounts} {
		if err := step(ctx, list); err != nil {
			return nil, false, err
		}
	}
	if slices.ContainsFunc(m.findings, Finding.Refuses) {
		return nil, false, nil
	}
	for _, q := range []struct {
		code Code
		sql  string
	}{{LocalKnown, sqlNamesakes}, {IDFormer, sqlFormerIDs}} {
		unclear, err := s.rows(ctx, q.code, q.sql)
		if len(unclear) > 0 || err != nil {
			return nil, false, err
		}
	}
	return m.findings, true, nil
}

// add copies people, channels and rows. It reports false, having added nothing,
// when an import beside it has just added one of the people.
func (s *stage) add(ctx context.Context, in intake) (added bool, err error) {
	n := newcomers{stage: s, in: in, person: make([]int64, len(in.Lines)), first: make([]bool, len(in.Lines))}
	if err := n.number(ctx); err != nil {
		return false, err
	}
	outer := s.tx
	defer func() { s.tx = outer }()
	if s.tx, err = outer.Begin(ctx); err != nil { // a savepoint
		return false, fmt.Errorf("add list %d: %w", s.list, err)
	}
	for _, step := range []struct {
		what, sql string
		write     func(w *pgdb.CopyWriter, i int)
	}{
		{"people", sqlCopyPeople, n.writePerson},
		{"channels", sqlCopyChannels, n.writeChannels},
		{"rows", sqlCopyRows, n.writeRow},
	} {
		err := n.copy(ctx, step.sql, step.write)
		if step.sql == sqlCopyPeople && pgdb.State(err) == pgdb.UniqueViolation {
			return false, s.tx.Rollback(ctx)
		}
		if err != nil {
			return false, fmt.Errorf("add %s of list %d: %w", step.what, s.list, err)
		}
	}
	if err := s.tx.Commit(ctx); err != nil {
		return false, fmt.Errorf("add list %d: %w", s.list, err)
	}
	s.peopleNew = n.people
	return true, nil
}
