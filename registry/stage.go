package registry

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// stage is one list's rows between COPY and the sets they become.
type stage struct {
	tx   pgx.Tx
	keys *crypt.Keys
	list int64
	unit UnitKey
	now  time.Time

	people          int // distinct people staged
	dropped         int // rows taken out again because the person is unclear
	peopleNew       int
	peopleKnown     int
	channelsChanged int
	carried         int         // rows taken over from the month before
	changes         *changeList // nil for a whole list
}

const sqlCopyStage = `
COPY registry.stage
     (list, row_no, first_of_person, id_index, id_enc, local_key, name, name_fold, birth_date, birth_year,
      birth_precision, sex, phone_enc, phone_index, residential_group, address, category, decision_no, decision_date,
      stated_amount, method, bank_bin, account_enc, account_index, account_tail, holder, payee_name, payee_kind,
      payee_id_enc, payee_id_index, contact, note)
FROM STDIN (FORMAT binary)`

const stageColumns = 32

// fill copies the lines without an error. What identifies a person is encrypted
// before it leaves this process.
func (s *stage) fill(ctx context.Context, keys *crypt.Keys, random io.Reader, lines []Line) error {
	c := closer{keys: keys, random: random}
	seen := make(map[crypt.Secret]bool)
	_, err := pgdb.CopyBinary(ctx, s.tx, sqlCopyStage, func(w *pgdb.CopyWriter) error {
		for _, line := range lines {
			if line.Refused {
				continue
			}
			first := line.ID == "" || !seen[line.ID]
			if line.ID != "" {
				seen[line.ID] = true
			}
			if first {
				s.people++
			}
			if err := s.write(w, &c, line, first); err != nil {
				return err
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
func (s *stage) write(w *pgdb.CopyWriter, c *closer, line Line, first bool) error {
	idIndex, idClosed := c.close(crypt.FieldID, line.ID)
	phoneIndex, phoneClosed := c.close(crypt.FieldPhone, line.Phone)
	accountIndex, accountClosed := c.close(crypt.FieldAccount, line.Account)
	payeeIndex, payeeClosed := c.close(crypt.FieldID, line.PayeeID)
	var local []byte
	if line.ID == "" {
		local = c.keys.Index(fieldLocal, s.localText(line))
	}
	if c.err != nil {
		return fmt.Errorf("row %d: %w", line.Row, c.err)
	}
	w.Begin(stageColumns)
	w.Int64(s.list)
	w.Int32(int32(line.Row))
	w.Bool(first)
	nullBytes(w, idIndex)
	nullBytes(w, idClosed)
	nullBytes(w, local)
	w.Text(line.Name)
	w.Text(line.nameFold())
	nullDate(w, line.Birth.Date)
	if line.Birth.Year == 0 {
		w.Null()
	} else {
		w.Int32(int32(line.Birth.Year))
	}
	w.Text(string(line.Birth.precision()))
	w.Text(string(line.Sex))
	nullBytes(w, phoneClosed)
	nullBytes(w, phoneIndex)
	w.Text(line.Group)
	w.Text(line.Address)
	w.Text(line.Category)
	w.Text(line.DecisionNo)
	nullDate(w, line.DecisionDate)
	if line.Amount == 0 {
		w.Null()
	} else {
		w.Int64(int64(line.Amount))
	}
	w.Text(string(line.Method))
	w.Text(line.BankBIN)
	nullBytes(w, accountClosed)
	nullBytes(w, accountIndex)
	w.Text(tail(line.Account))
	w.Text(line.Holder)
	w.Text(line.Payee)
	w.Text(string(line.PayeeKind))
	nullBytes(w, payeeClosed)
	nullBytes(w, payeeIndex)
	w.Text(line.Contact)
	w.Text(line.Note)
	return nil
}

// localText is all that tells people without an id apart, for their blind index.
func (s *stage) localText(line Line) crypt.Secret {
	birth := line.Birth.Date.String()
	if birth == "" {
		birth = strconv.Itoa(line.Birth.Year)
	}
	return crypt.Secret(s.unit.Code + "|" + line.nameFold() + "|" + birth + "|" + string(line.Sex))
}

// closer encrypts the fields of a row and keeps the first error.
type closer struct {
	keys   *crypt.Keys
	random io.Reader
	err    error
}

func (c *closer) close(kind crypt.FieldKind, value crypt.Secret) (index, closed []byte) {
	if value == "" || c.err != nil {
		return nil, nil
	}
	index = c.keys.Index(kind, value)
	closed, c.err = c.keys.Encrypt(c.random, place(kind, index), value)
	return index, closed
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
