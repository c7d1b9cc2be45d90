package registry

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// errUndo rolls back what an examination staged.
var errUndo = errors.New("examined, nothing kept")

// Examine holds a list that was read against what is registered, exactly as an
// import would, and keeps nothing. It returns the list with all findings, and who
// was on the last list and is not on this one.
//
// The options must name programme and unit. A list that cannot be read at all, and
// one of which no row is left, comes back as it is.
func Examine(ctx context.Context, db pgdb.DB, keys *crypt.Keys, name string, list List, options ImportOptions) (List, []Missing, error) {
	options.Files.Check(name, &list)
	if !list.Readable() {
		return list, nil, nil
	}
	im := importer{keys: keys, file: name, options: options}
	if err := im.checkUnit(ctx, db); err != nil {
		return List{}, nil, inWords(err)
	}
	list, err := excused(ctx, db, keys, list, calendar.DateOf(options.Now))
	if err != nil {
		return List{}, nil, err
	}
	in, err := im.close(list)
	if err != nil {
		return List{}, nil, fmt.Errorf("examine %s: %w", name, err)
	}
	var missing []Missing
	var held []Finding
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		s, found, err := im.hold(ctx, tx, in)
		if err != nil {
			return err
		}
		held = found
		if missing, err = s.missing(ctx, list, options); err != nil {
			return err
		}
		if list.Changes, err = im.wouldChange(ctx, s, list, found); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		return List{}, nil, fmt.Errorf("examine %s: %w", name, err)
	}
	examined := list
	examined.Findings = slices.Concat(list.Findings, held)
	examined.Lines = slices.Clone(examined.Lines)
	for _, f := range examined.Findings {
		if !f.Refuses() || f.Row == 0 {
			continue
		}
		for i := range examined.Lines {
			if examined.Lines[i].Row == f.Row {
				examined.Lines[i].Refused = true
			}
		}
	}
	examined.sortFindings()
	return examined, missing, nil
}

// wouldChange records the list as taking its sound rows would, inside a transaction
// that is undone, and reads what that changes.
func (im *importer) wouldChange(ctx context.Context, s *stage, list List, held []Finding) (*Changes, error) {
	refused := min(list.Refused()+s.dropped, len(list.Lines))
	if im.options.Month.IsZero() || slices.ContainsFunc(held, wholeFile) || refused == len(list.Lines) {
		return nil, nil
	}
	im.digest = sha256.Sum256(fmt.Appendf(nil, "examined as list %d", s.list)) // no two lists are one, and none waits for another
	result := Result{List: s.list, RowsTotal: len(list.Lines), RowsRefused: refused, RowsTaken: len(list.Lines) - refused}
	if err := im.addList(ctx, s.tx, result, []byte{}); err != nil {
		return nil, err
	}
	return im.recordChanges(ctx, s)
}

// hold numbers the list and turns its rows without an error into people, channels
// and list rows, as far as they meet nothing that is registered.
func (im *importer) hold(ctx context.Context, tx pgx.Tx, in intake) (*stage, []Finding, error) {
	s, found, err := im.settle(ctx, tx, in)
	if err != nil || slices.ContainsFunc(found, wholeFile) {
		return s, found, err
	}
	others, err := im.otherMonths(ctx, s, in.List)
	return s, slices.Concat(found, others), err
}

func (im *importer) settle(ctx context.Context, tx pgx.Tx, in intake) (*stage, []Finding, error) {
	s := &stage{tx: tx, keys: im.keys, now: im.options.Now, unit: im.options.Unit}
	if err := tx.QueryRow(ctx, sqlNextList).Scan(&s.list); err != nil {
		return nil, nil, fmt.Errorf("number the list: %w", err)
	}
	var err error
	if s.changes, err = im.readChanges(ctx, s, in.List); err != nil {
		return nil, nil, err
	}
	if s.changes != nil && s.changes.refuses() {
		return s, s.changes.findings, nil
	}
	rows := in
	if s.changes != nil {
		rows, s.dropped = s.changes.staged(in), s.changes.dropped()
	} else if !im.long {
		met, taken, err := s.takeNew(ctx, in, im.options)
		if taken || err != nil {
			return s, met, err
		}
	}
	if err := s.fill(ctx, rows); err != nil {
		return nil, nil, err
	}
	met, err := s.meet(ctx, in.List, im.options)
	if err != nil {
		return nil, nil, err
	}
	unclear, err := s.merge(ctx, in.List)
	if err != nil {
		return nil, nil, err
	}
	if s.changes == nil {
		return s, slices.Concat(met, unclear), nil
	}
	if err := im.carry(ctx, s); err != nil {
		return nil, nil, err
	}
	if err := s.changes.carriedToStaff(ctx); err != nil {
		return nil, nil, err
	}
	return s, slices.Concat(s.changes.findings, met, unclear), nil
}
