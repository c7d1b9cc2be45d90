package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// intake is a list that was read, and its rows as the database keeps them.
type intake struct {
	List
	closed []closedLine // of Lines, at the same place
}

// stage is one list's rows between COPY and the sets they become.
type stage struct {
	tx   pgx.Tx
	keys *crypt.Keys
	list int64
	unit UnitKey
	now  time.Time

	dropped         int // rows taken out again because the person is unclear
	peopleNew       int
	peopleKnown     int
	channelsChanged int
	claimed         map[int]Claimed // by row, of those whose right a batch holds
	carried         int             // rights taken over from the month before, each person once
	changes         *changeList     // nil for a whole list
}

const sqlCopyStage = `
COPY registry.stage
     (list, row_no, first_of_person, id_index, id_enc, local_key, name, name_fold, birth_date, birth_year,
      birth_precision, sex, phone_enc, phone_index, residential_group, address, category, decision_no, decision_date,
      stated_amount, method, bank_bin, account_enc, account_index, account_tail, holder, payee_name, payee_kind,
      payee_id_enc, payee_id_index, contact, note, way_repaired)
FROM STDIN (FORMAT binary)`

const stageColumns = 33

const sqlCopyStageKeys = `
COPY registry.stage
     (list, row_no, first_of_person, id_index, local_key, name_fold, birth_date, birth_year, birth_precision, bank_bin, account_index)
FROM STDIN (FORMAT binary)`

const stageKeyColumns = 11

// fill copies the rows without an error, whole.
func (s *stage) fill(ctx context.Context, in intake) error {
	return s.copy(ctx, sqlCopyStage, in, s.write)
}

// fillKeys copies of those rows only what they are compared by with what is
// registered: enough where nobody is known.
func (s *stage) fillKeys(ctx context.Context, in intake) error {
	return s.copy(ctx, sqlCopyStageKeys, in, s.writeKeys)
}

func (s *stage) copy(ctx context.Context, statement string, in intake, write func(w *pgdb.CopyWriter, line *Line, c *closedLine, first bool)) error {
	seen := make(map[string]bool, len(in.Lines))
	_, err := pgdb.CopyBinary(ctx, s.tx, statement, func(w *pgdb.CopyWriter) error {
		for i := range in.Lines {
			line, c := &in.Lines[i], &in.closed[i]
			if line.Refused {
				continue
			}
			first := line.ID == "" || !seen[string(c.id.index)]
			if line.ID != "" {
				seen[string(c.id.index)] = true
			}
			write(w, line, c, first)
			if w.Err() != nil {
				break
			}
		}
		return w.Err()
	})
	if err != nil {
		return fmt.Errorf("stage list %d: %w", s.list, err)
	}
	return nil
}

// write sends one row, in the order of sqlCopyStage.
func (s *stage) write(w *pgdb.CopyWriter, line *Line, c *closedLine, first bool) {
	w.Begin(stageColumns)
	w.Int64(s.list)
	w.Int32(int32(line.Row))
	w.Bool(first)
	writeIdentity(w, line, c)
	w.Text(line.Group)
	w.Text(line.Address)
	w.Text(line.Category)
	w.Text(line.DecisionNo)
	nullDate(w, line.DecisionDate)
	nullAmount(w, line.Amount)
	w.Text(string(line.Method))
	w.Text(line.BankBIN)
	nullBytes(w, c.account.closed)
	nullBytes(w, c.account.index)
	w.Text(tail(line.Account))
	w.Text(line.Holder)
	writePayee(w, line, c)
	w.Bool(line.Repaired)
}

// writeKeys sends one row, in the order of sqlCopyStageKeys.
func (s *stage) writeKeys(w *pgdb.CopyWriter, line *Line, c *closedLine, first bool) {
	w.Begin(stageKeyColumns)
	w.Int64(s.list)
	w.Int32(int32(line.Row))
	w.Bool(first)
	nullBytes(w, c.id.index)
	nullBytes(w, c.local)
	w.Text(c.fold)
	writeBirth(w, line.Birth)
	w.Text(line.BankBIN)
	nullBytes(w, c.account.index)
}

// writeIdentity sends who a row is about: the columns id_index to phone_index.
func writeIdentity(w *pgdb.CopyWriter, line *Line, c *closedLine) {
	nullBytes(w, c.id.index)
	nullBytes(w, c.id.closed)
	nullBytes(w, c.local)
	w.Text(line.Name)
	w.Text(c.fold)
	writeBirth(w, line.Birth)
	w.Text(string(line.Sex))
	nullBytes(w, c.phone.closed)
	nullBytes(w, c.phone.index)
}

// writePayee sends who receives for the person, and what else the officer wrote: the
// columns payee_name to note.
func writePayee(w *pgdb.CopyWriter, line *Line, c *closedLine) {
	w.Text(line.Payee)
	w.Text(string(line.PayeeKind))
	nullBytes(w, c.payee.closed)
	nullBytes(w, c.payee.index)
	w.Text(line.Contact)
	w.Text(line.Note)
}

func writeBirth(w *pgdb.CopyWriter, b Birth) {
	nullDate(w, b.Date)
	if b.Year == 0 {
		w.Null()
	} else {
		w.Int32(int32(b.Year))
	}
	w.Text(string(b.precision()))
}

func nullAmount(w *pgdb.CopyWriter, a money.Amount) {
	if a == 0 {
		w.Null()
		return
	}
	w.Int64(int64(a))
}

func nullBytes(w *pgdb.CopyWriter, value []byte) {
	if value == nil {
		w.Null()
		return
	}
	w.Bytes(value)
}

func nullDate(w *pgdb.CopyWriter, d calendar.Date) {
	if d.IsZero() {
		w.Null()
		return
	}
	w.Date(dateUTC(d))
}

// tail is what people may see of an account: its last four digits.
func tail(account crypt.Secret) string {
	digits := account.Reveal()
	if len(digits) < 8 {
		return ""
	}
	return digits[len(digits)-4:]
}
