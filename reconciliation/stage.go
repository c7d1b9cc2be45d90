package reconciliation

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// The sources of a witness: what its word is worth.
const (
	fromStatement = "statement" // a booked entry of a final statement
	fromDetail    = "detail"    // a part of a booked sum
	fromAdvice    = "advice"
	fromStatus    = "status"
	fromSheet     = "sheet"
	fromProvider  = "provider"
)

const (
	stageMax   = 5_000
	entriesMax = 1_000_000 // lines of one file
	textMax    = 140
	bookedMax  = 366 // days from an entry's booking to the end of its statement
)

// staging turns one file into witnesses, entries and bookings.
type staging struct {
	r       *Reconciler
	ctx     context.Context
	tx      pgx.Tx
	bank    bank
	file    fileRow
	about   bankadapters.Head
	book    ledger.BookID
	account string // our account
	count   int
	chunk   []staged
	seen    map[string]bool         // identities of bookings of this chunk; those of earlier ones stand in the database
	said    map[string]said         // by end-to-end id: what reports about the submission said before
	listed  map[string]money.Amount // by end-to-end id: what our list told the provider
	// repeated counts the lines that say nothing new (see repeat.go).
	repeated int
}

// staged is one line with its event's identity; "" means no event of its own.
type staged struct {
	bankadapters.Entry
	word
	identity string
}

// entry takes one line of the file.
func (s *staging) entry(e bankadapters.Entry) error {
	if s.count++; s.count > entriesMax {
		return &refusal{code: codeSize, line: e.LineNumber, why: fmt.Sprintf(
			"Tệp có hơn %d dòng: đề nghị ngân hàng chia nhỏ. / The file has more than %d lines: ask the bank to split it.", entriesMax, entriesMax)}
	}
	one := staged{Entry: e, word: s.word(e)}
	if s.repeats(one.word) {
		s.repeated++
		return nil
	}
	if one.source == fromStatement {
		if e.BookDate.IsZero() {
			return &refusal{code: codeNoBooking, line: e.LineNumber,
				why: "Bút toán không có ngày hạch toán: đề nghị ngân hàng gửi lại. / A booked entry without its booking date: ask the bank to send it again."}
		}
		// A bank may name only its last day as the period, so days before it pass.
		if to := s.about.To; !to.IsZero() && (e.BookDate.After(to) || to.DaysSince(e.BookDate) > bookedMax) {
			return &refusal{code: codeNoBooking, line: e.LineNumber, why: fmt.Sprintf(
				"Bút toán hạch toán ngày %s không thể thuộc sao kê này: đề nghị ngân hàng gửi lại. / An entry booked on %s cannot stand in this statement: ask the bank to send it again.",
				e.BookDate.Vietnamese(), e.BookDate)}
		}
		if one.identity = identity(e); s.seen[one.identity] {
			one.identity = s.own(e)
		}
		if s.seen == nil {
			s.seen = make(map[string]bool)
		}
		s.seen[one.identity] = true
	} else {
		one.identity = reported(one)
	}
	if s.chunk = append(s.chunk, one); len(s.chunk) == stageMax {
		return s.flush()
	}
	return nil
}

// reported is the identity of the event a report speaks of: the booking whose
// reference it gives, or what a provider says it did; else there is none.
func reported(e staged) string {
	switch {
	case e.source == fromProvider && (e.Status == bankadapters.TxPaid || e.Status == bankadapters.TxUnpaid):
		return fmt.Sprintf("L:%s/%s", clean(string(e.EndToEnd), textMax), e.Status)
	case e.Servicer != "" && e.Status != bankadapters.TxRejected:
		return identity(e.Entry)
	}
	return ""
}

// own is the identity of a line whose reference names another booking already:
// the account moved twice, so these are two events.
func (s *staging) own(e bankadapters.Entry) string {
	return fmt.Sprintf("%s@%d/%d", identity(e), s.file.id, e.Position)
}

func (s *staging) source(e bankadapters.Entry) string {
	switch s.file.kind {
	case bankadapters.KindStatement:
		switch {
		case e.Detail:
			return fromDetail
		case e.Booked:
			return fromStatement
		}
		return fromAdvice
	case bankadapters.KindNotification:
		return fromAdvice
	case bankadapters.KindSheetResult, bankadapters.KindProviderResult, bankadapters.KindStatusReport, bankadapters.KindWithdrawals:
	}
	return s.reportSource()
}

// reportSource is the source of every line of a report about one submission.
func (s *staging) reportSource() string {
	switch s.file.kind {
	case bankadapters.KindSheetResult:
		return fromSheet
	case bankadapters.KindProviderResult:
		return fromProvider
	case bankadapters.KindStatement, bankadapters.KindNotification, bankadapters.KindStatusReport, bankadapters.KindWithdrawals:
	}
	return fromStatus
}

// word is the line in the form it is stored and compared.
func (s *staging) word(e bankadapters.Entry) word {
	account := accountForm(e.Account)
	return word{source: s.source(e), side: string(e.Side), amount: e.Amount, booked: e.Booked, bookDate: e.BookDate, valueDate: e.ValueDate,
		servicer: clean(e.Servicer, textMax), originalRef: clean(e.OriginalRef, textMax), endToEnd: clean(string(e.EndToEnd), textMax),
		bulk: clean(string(e.Batch), textMax), isBulk: !e.Detail && (e.Batch != "" || e.BulkCount > 0) && e.Status == "",
		account: string(s.r.Keys.Index(crypt.FieldAccount, crypt.Secret(account))), accountTail: tail(account),
		status: clean(string(e.Status), textMax), code: clean(e.Code, textMax), isReturn: e.Return, text: clean(e.Text, textMax)}
}

// identity is what makes two lines one event: the bank's reference, else date,
// amount, side, entry reference and place.
func identity(e bankadapters.Entry) string {
	if e.Servicer != "" {
		return "R:" + clean(e.Servicer, textMax)
	}
	return fmt.Sprintf("P:%s/%s/%s/%s/%d", e.BookDate, e.Amount.Exact(), e.Side, e.EntryRef, e.Position)
}

const sqlAddEntries = `
INSERT INTO reconciliation.entry (channel, account, identity, file, position)
SELECT @channel, @account, n.identity, @file, n.position
  FROM unnest(@identities::text[], @positions::int[]) AS n (identity, position)
 ORDER BY n.position
ON CONFLICT (channel, account, identity) DO NOTHING
RETURNING identity, id`

// sqlKnownEntries looks each identity up by key (OFFSET 0).
const sqlKnownEntries = `
SELECT e.identity, e.id, EXISTS (SELECT 1 FROM reconciliation.booking AS b WHERE b.entry = e.id)
  FROM unnest(@identities::text[]) AS n (identity)
 CROSS JOIN LATERAL (
       SELECT e.identity, e.id FROM reconciliation.entry AS e
        WHERE e.channel = @channel AND e.account = @account AND e.identity = n.identity OFFSET 0) AS e`

const sqlAddBookings = `
INSERT INTO reconciliation.booking (entry, file, position, side, amount, book_date, value_date)
SELECT n.entry, @file, n.position, n.side, n.amount, n.book_date, n.value_date
  FROM unnest(@entries::bigint[], @positions::int[], @sides::text[], @amounts::bigint[], @book_dates::date[], @value_dates::date[])
       AS n (entry, position, side, amount, book_date, value_date)`

// flush stores the lines collected so far, set by set.
func (s *staging) flush() error {
	if len(s.chunk) == 0 {
		return nil
	}
	ids, err := s.entries()
	if err != nil {
		return err
	}
	if err := s.bookings(ids); err != nil {
		return err
	}
	if err := s.witnesses(ids); err != nil {
		return err
	}
	s.chunk = s.chunk[:0]
	clear(s.seen)
	return nil
}

// entries finds or makes the events of the collected lines. A booking whose
// identity was booked before, by another file or further up in this one, gets an
// event of its own.
func (s *staging) entries() (map[string]int64, error) {
	ids := make(map[string]int64, len(s.chunk))
	if err := s.add(ids, func(*staged) bool { return true }); err != nil {
		return nil, err
	}
	var before []string // had an event already
	for _, e := range s.chunk {
		if _, made := ids[e.identity]; !made && e.identity != "" {
			before = append(before, e.identity)
		}
	}
	if len(before) == 0 {
		return ids, nil
	}
	rows, _ := s.tx.Query(s.ctx, sqlKnownEntries, pgx.QueryExecModeCacheDescribe,
		pgx.NamedArgs{"channel": s.bank.key, "account": s.account, "identities": before})
	booked := make(map[string]bool)
	var name string
	var id int64
	var is bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &id, &is}, func() error { ids[name], booked[name] = id, is; return nil }); err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	again := make(map[string]bool)
	for i := range s.chunk {
		if e := &s.chunk[i]; e.source == fromStatement && booked[e.identity] {
			e.identity = s.own(e.Entry)
			again[e.identity] = true
		}
	}
	return ids, s.add(ids, func(e *staged) bool { return again[e.identity] })
}

// add makes the events that are not there yet and puts their numbers into ids.
func (s *staging) add(ids map[string]int64, which func(*staged) bool) error {
	var identities []string
	var positions []int32
	for i := range s.chunk {
		if e := &s.chunk[i]; e.identity != "" && which(e) {
			identities, positions = append(identities, e.identity), append(positions, int32(e.Position))
		}
	}
	if len(identities) == 0 {
		return nil
	}
	rows, _ := s.tx.Query(s.ctx, sqlAddEntries, pgx.NamedArgs{"channel": s.bank.key, "account": s.account, "file": s.file.id,
		"identities": identities, "positions": positions})
	var name string
	var id int64
	if _, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error { ids[name] = id; return nil }); err != nil {
		return fmt.Errorf("entries: %w", err)
	}
	return nil
}

func (s *staging) bookings(ids map[string]int64) error {
	var entries, amounts []int64
	var positions []int32
	var sides []string
	var bookDates, valueDates []*time.Time
	for _, e := range s.chunk {
		if e.source != fromStatement {
			continue
		}
		entries, amounts = append(entries, ids[e.identity]), append(amounts, int64(e.Amount))
		positions, sides = append(positions, int32(e.Position)), append(sides, string(e.Side))
		bookDates, valueDates = append(bookDates, dateArg(e.BookDate)), append(valueDates, dateArg(e.ValueDate))
	}
	if len(entries) == 0 {
		return nil
	}
	_, err := s.tx.Exec(s.ctx, sqlAddBookings, pgx.NamedArgs{"file": s.file.id, "entries": entries, "positions": positions,
		"sides": sides, "amounts": amounts, "book_dates": bookDates, "value_dates": valueDates})
	if err != nil {
		return fmt.Errorf("bookings: %w", err)
	}
	return nil
}

// dateArg is a date as an array element or COPY value, nil when it is missing:
// a missing date stays missing.
func dateArg(d calendar.Date) *time.Time {
	if d.IsZero() {
		return nil
	}
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
	return &t
}

const sqlCopyWitnesses = `
COPY reconciliation.witness
     (file, position, entry, source, side, amount, booked, book_date, value_date, servicer, original_ref, end_to_end, bulk, is_bulk,
      account_index, account_tail, status, code, is_return, text, line)
FROM STDIN (FORMAT binary)`

const witnessColumns = 21

func (s *staging) witnesses(ids map[string]int64) error {
	_, err := pgdb.CopyBinary(s.ctx, s.tx, sqlCopyWitnesses, func(w *pgdb.CopyWriter) error {
		for i := range s.chunk {
			e := &s.chunk[i]
			w.Begin(witnessColumns)
			w.Int64(s.file.id)
			w.Int32(int32(e.Position))
			if id, ok := ids[e.identity]; ok {
				w.Int64(id)
			} else {
				w.Null()
			}
			e.write(w)
			w.Int32(int32(e.LineNumber))
		}
		return w.Err()
	})
	if err != nil {
		return fmt.Errorf("witnesses: %w", err)
	}
	return nil
}

// write sends the columns from source to text, in the order of sqlCopyWitnesses.
func (o *word) write(w *pgdb.CopyWriter) {
	w.Text(o.source)
	w.Text(o.side)
	w.Int64(int64(o.amount))
	w.Bool(o.booked)
	for _, d := range []calendar.Date{o.bookDate, o.valueDate} {
		if t := dateArg(d); t != nil {
			w.Date(*t)
		} else {
			w.Null()
		}
	}
	w.Text(o.servicer)
	w.Text(o.originalRef)
	w.Text(o.endToEnd)
	w.Text(o.bulk)
	w.Bool(o.isBulk)
	if o.account == "" {
		w.Null()
	} else {
		w.Bytes([]byte(o.account))
	}
	w.Text(o.accountTail)
	w.Text(o.status)
	w.Text(o.code)
	w.Bool(o.isReturn)
	w.Text(o.text)
}

// clean cuts a text to max characters and takes out what PostgreSQL cannot keep.
func clean(s string, max int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "�")
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return string([]rune(s)[:max])
}
