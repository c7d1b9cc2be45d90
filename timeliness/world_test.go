package timeliness_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/timeliness"
)

const batch ledger.BatchID = 15001

var (
	origin = payout.Origin{Installation: "TST", Epoch: 1}
	due    = calendar.Must(2026, 2, 1)
)

// payment is one payee of the world.
type payment struct {
	no, person int64
	section    int
	channel    string
	bin        string
}

// world is a database with one batch: two communes, bank A (its accounts and
// those of bank B), provider P1 and cash by our own officer.
type world struct {
	t        *testing.T
	db       *pgxpool.Pool
	book     ledger.BookID
	payments map[int64]payment
	attempts int
	posted   int
}

func newWorld(t *testing.T, payments []payment) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.DB(t), payments: map[int64]payment{}}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.OpenBook(ctx, tx, "1000001", "Phòng thử nghiệm", noon(due.AddDays(-30)))
		if err != nil {
			return err
		}
		w.book = book.ID
		_, err = tx.Exec(ctx, `INSERT INTO payout.programme (code, name_vi, name_en, legal_basis, posting_set, due_date, due_paper, origin)
			VALUES ('TST', 'Thử', 'Test', 'none', 'entrusted-state', @due, 'none', 'test')`, pgx.NamedArgs{"due": due})
		return err
	})
	w.exec(`INSERT INTO payout.channel (key, ordinal, kind, name_vi, bin, profile) VALUES
		('A', 1, 'bank', 'Ngân hàng Mẫu A', '999001', '{}'), ('B', 2, 'bank', 'Ngân hàng Mẫu B', '999002', '{}'),
		('P1', 3, 'provider', 'Bưu điện Mẫu', '', '{}'), ('XA', 4, 'provider', 'Tiền mặt tại xã', '', '{}')`)
	w.exec(fmt.Sprintf(`INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at)
		VALUES (%d, 'TST', '2026-02-01', 'Đợt thử', %d, %d, '1', '2026-01-01', '%s', 'test', '2026-01-01')`, batch, len(payments), len(payments)*1000, due))
	for no := 1; no <= 2; no++ {
		w.exec(fmt.Sprintf(`INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
			VALUES (%d, %d, '0000%d', '2025-07-01', 'Xã Mẫu %d', %d, 1, 1, decode(repeat('00', 32), 'hex'), 'ABCDEFGH', 'released')`, batch, no, no, no, w.book))
	}
	for _, p := range payments {
		w.payments[p.no] = p
		w.exec(fmt.Sprintf(`INSERT INTO payout.payment (batch, no, amount, person, section, channel, bin, account_tail, holder, name, category)
			VALUES (%d, %d, 1000, %d, %d, '%s', '%s', '', '', 'Người Mẫu', 'C')`, batch, p.no, p.person, p.section, p.channel, p.bin))
	}
	w.leg(due.AddDays(-10), ledger.LegApproved, w.all()...)
	w.fund()
	return w
}

func (w *world) all() []int64 {
	var all []int64
	for no := range w.payments {
		all = append(all, no)
	}
	slices.Sort(all)
	return all
}

func (w *world) exec(sql string) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(fn func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	if err := pgdb.InTx(w.t.Context(), w.db, fn); err != nil {
		w.t.Fatal(err)
	}
}

func noon(d calendar.Date) time.Time { return d.At(12, 0) }

// fund puts money everywhere, drawn nine days before the due date.
func (w *world) fund() {
	w.t.Helper()
	day := due.AddDays(-9)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		entry := func(role ledger.Role, place string) ledger.Entry {
			return ledger.Entry{Debit: ledger.SlotFor(role, ledger.Place(place), "TST"), Credit: ledger.SlotFor(ledger.RoleBudget, "", "TST"), Amount: 1_000_000_000}
		}
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "fund", Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw", AccountingDate: day,
			PostedAt: noon(day), Text: "rút", Cause: 1}, []ledger.Entry{entry(ledger.RoleFunds, "A"), entry(ledger.RoleProvider, "P1"), entry(ledger.RoleCash, "XA")})
		return err
	})
	for _, channel := range []string{"A", "P1", "XA"} {
		w.exec(fmt.Sprintf(`INSERT INTO payout.draw (batch, book, channel, n, amount, reference, drawn_by, drawn_at, voucher)
			VALUES (%d, %d, '%s', 1, 1000000, 'draw %s', 'test', '%s 12:00+07', 1)`, batch, w.book, channel, channel, day))
	}
}

// leg posts one movement of the payments at noon of day.
func (w *world) leg(day calendar.Date, leg ledger.LegID, payments ...int64) {
	w.t.Helper()
	byChannel := map[string][]int64{}
	for _, no := range payments {
		byChannel[w.payments[no].channel] = append(byChannel[w.payments[no].channel], no)
	}
	for _, channel := range []string{"A", "P1", "XA"} {
		if list := byChannel[channel]; len(list) > 0 {
			w.tx(func(ctx context.Context, tx pgx.Tx) error { return w.post(ctx, tx, day, leg, channel, list) })
		}
	}
}

func (w *world) post(ctx context.Context, tx pgx.Tx, day calendar.Date, leg ledger.LegID, channel string, payments []int64) error {
	if err := ledger.LockFunds(ctx, tx, w.book, ledger.Place(channel)); err != nil {
		return err
	}
	at, err := ledger.Positions(ctx, tx, batch, payments)
	if err != nil {
		return err
	}
	place := channel
	if channel == "XA" {
		place = ""
	}
	desk := ledger.NewDesk(tx, w.book, ledger.EntrustedState, ledger.Place(place), "TST", noon(day))
	var lines []ledger.Line
	for _, no := range payments {
		p := at[no]
		p.Payment = no
		line, err := desk.Fill(ctx, p.Next(batch, leg, p.Attempt, 1000))
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	w.posted++
	_, err = ledger.Post(ctx, tx, ledger.Voucher{Key: fmt.Sprint("test ", w.posted), Book: w.book, PostingSet: ledger.EntrustedState, Kind: "test",
		AccountingDate: day, PostedAt: noon(day), Text: "thử", Batch: batch, OrderNo: 1, Cause: 1, Lines: ledger.ListOf(lines)})
	return err
}

// order orders the payments at their channel: ledger line, submission, attempt.
func (w *world) order(day calendar.Date, payments ...int64) {
	w.t.Helper()
	for _, no := range payments {
		channel := w.payments[no].channel
		w.leg(day, map[string]ledger.LegID{"A": ledger.LegOrdered, "P1": ledger.LegListed, "XA": ledger.LegHanded}[channel], no)
	}
	w.attempts++
	for channel, ordinal := range map[string]int{"A": 1, "P1": 3} {
		number := int64(batch)*1_000_000 + int64(ordinal)*10_000 + int64(w.attempts)
		w.exec(fmt.Sprintf(`INSERT INTO payout.submission (no, batch, channel, book, message_id, digest, sha256, count, total, canary, execution, created_at, send_before, head, voucher, state)
			VALUES (%d, %d, '%s', %d, 'M%d', '', '', 1, 1, false, '%s', '2026-01-01', '2026-12-01', '', 1, 'accepted')`, number, batch, channel, w.book, number, day))
		for place, no := range payments {
			if w.payments[no].channel == channel {
				w.exec(fmt.Sprintf(`INSERT INTO payout.attempt (batch, payment, attempt, submission, place) VALUES (%d, %d,
					(SELECT max(attempt) FROM ledger.line WHERE batch = %d AND payment = %d), %d, %d)`, batch, no, batch, no, number, place+1))
			}
		}
	}
}

// rows is a withdrawal file whose reader has nothing to object, unless wrong.
type rows struct {
	promise timeliness.Promise
	rows    []timeliness.Row
	wrong   error
}

func (r rows) Read(promise func(timeliness.Promise) error, row func(timeliness.Row) error) error {
	if err := promise(r.promise); err != nil {
		return err
	}
	for _, one := range r.rows {
		if err := row(one); err != nil {
			return err
		}
	}
	return r.wrong
}

func endOf(d calendar.Date) time.Time { return d.AddDays(1).Start().Add(-time.Second) }

// row is a withdrawal row about an attempt; event zero means none.
func row(no int64, attempt int16, from, to calendar.Date, event time.Time) timeliness.Row {
	r := timeliness.Row{Reference: origin.EndToEnd(payout.Ref{Batch: batch, Payment: no, Attempt: attempt}), From: from, To: to, Complete: endOf(to), At: event}
	if !event.IsZero() {
		r.Kind = timeliness.Cash
	}
	return r
}

func file(channel string, n byte, now time.Time, r rows) timeliness.File {
	return timeliness.File{Channel: bankadapters.Key(channel), Name: "w.csv", SHA256: [32]byte{n}, Reader: r, TakenBy: "test", Now: now}
}

func (w *world) take(f timeliness.File) timeliness.Receipt {
	w.t.Helper()
	receipt, err := timeliness.TakeFile(w.t.Context(), w.db, origin, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return receipt
}
