package reconciliation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

const batchNo ledger.BatchID = 14_001

// seeded is a source of bytes for encryption in tests.
type seeded struct{ *rand.ChaCha8 }

// world is a database with one book, one programme, one batch and the five
// invented banks; its clock stands until a test moves it.
type world struct {
	t       testing.TB
	db      *pgxpool.Pool
	rec     *reconciliation.Reconciler
	keys    *crypt.Keys
	now     time.Time
	book    ledger.BookID
	origin  payout.Origin
	amounts []money.Amount
	serial  map[bankadapters.Key]int64
	banks   map[bankadapters.Key]*bankBook
}

// bankBook is the bank's side as the test writes its files.
type bankBook struct {
	key      bankadapters.Key
	account  string
	balance  money.Amount
	sequence int
	files    int
}

func open(t testing.TB, amounts ...money.Amount) *world {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("reconciliation"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: pgtest.DB(t), keys: keys, now: calendar.Must(2026, 2, 5).At(9, 0), amounts: amounts,
		serial: map[bankadapters.Key]int64{}, banks: map[bankadapters.Key]*bankBook{}}
	w.rec = &reconciliation.Reconciler{DB: w.db, Keys: keys, Random: seeded{rand.NewChaCha8([32]byte{1})}, Now: func() time.Time { return w.now }, Spool: t.TempDir()}
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.OpenBook(ctx, tx, "9990001", "Phòng mẫu", w.now)
		if err != nil {
			return err
		}
		w.book = book.ID
		if w.origin, err = payout.Install(ctx, tx, "HN0", w.now); err != nil {
			return err
		}
		if err := payout.AddScheme(ctx, tx, w.scheme()); err != nil {
			return err
		}
		for i, p := range bankadapters.DemoProfiles() {
			c := payout.Channel{Key: p.Key, Ordinal: int16(i + 1), Kind: "bank", NameVI: p.NameVI, BIN: p.BIN, Profile: p}
			b := &bankBook{key: p.Key, account: fmt.Sprintf("19000%d", i+1)}
			if p.Rail == bankadapters.RailList {
				c.Kind, b.account = "provider", ""
			}
			w.banks[p.Key] = b
			if err := payout.AddChannel(ctx, tx, c, []payout.PayingAccount{{Book: w.book, Account: b.account, Name: "PHONG MAU"}}, w.now); err != nil {
				return err
			}
		}
		return w.plan(ctx, tx, w.programme())
	})
	return w
}

// scheme is one that is paid once.
func (w *world) scheme() payout.Scheme {
	schemes, err := payout.Schemes()
	if err != nil {
		w.t.Fatal(err)
	}
	return schemes[slices.IndexFunc(schemes, func(s payout.Scheme) bool { return !s.Programme.Monthly })]
}

func (w *world) programme() string { return w.scheme().Programme.Code }

func (w *world) inTx(fn func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	if err := pgdb.InTx(w.t.Context(), w.db, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) error {
	_, err := tx.Exec(ctx, sql, args)
	return err
}

const sqlTestBatch = `
INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at)
VALUES (@id, @programme, '2026-02-01', 'Đợt mẫu', @count, @total, '1/QĐ', '2026-01-20', '2026-02-10', 'm', @now)`

const sqlTestSection = `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
VALUES (@id, 1, '00001', '2025-07-01', 'Xã Mẫu', @book, @count, @total, decode(repeat('00', 32), 'hex'), 'ABCDEFGH', 'released')`

const sqlTestRun = `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
VALUES (@id, 1, 'A', 1, @count::bigint, @count::bigint + 1, @count::bigint, @total)`

const sqlTestPayment = `
INSERT INTO payout.payment (batch, no, amount, person, section, channel, bin, account_tail, holder, name, category, account_index)
VALUES (@id, @no, @amount, @no, 1, 'A', '999001', '0000', 'NGUOI MAU', 'Người Mẫu', 'x', @index)`

// accountOf is the payee's account of payment no.
func accountOf(no int64) string { return fmt.Sprintf("88%08d", no) }

// plan inserts the batch with its payments and posts their approval.
func (w *world) plan(ctx context.Context, tx pgx.Tx, programme string) error {
	total := money.Amount(0)
	for _, a := range w.amounts {
		total += a
	}
	args := pgx.NamedArgs{"id": batchNo, "programme": programme, "count": len(w.amounts), "total": total, "now": w.now, "book": w.book}
	if err := w.exec(ctx, tx, sqlTestBatch, args); err != nil {
		return err
	}
	if err := w.exec(ctx, tx, sqlTestSection, args); err != nil {
		return err
	}
	if err := w.exec(ctx, tx, sqlTestRun, args); err != nil {
		return err
	}
	desk := ledger.NewDesk(tx, w.book, ledger.EntrustedState, "", programme, w.now)
	var lines []ledger.Line
	for i, a := range w.amounts {
		no := int64(i + 1)
		index := w.keys.Index(crypt.FieldAccount, crypt.Secret(accountOf(no)))
		if err := w.exec(ctx, tx, sqlTestPayment, pgx.NamedArgs{"id": batchNo, "no": no, "amount": a, "index": index}); err != nil {
			return err
		}
		l, err := desk.Fill(ctx, ledger.Position{Payment: no}.Next(batchNo, ledger.LegApproved, 0, a))
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	_, err := payout.Post(ctx, tx, ledger.Voucher{Key: "test/approved", Facts: []byte("x"), Book: w.book, PostingSet: ledger.EntrustedState, Kind: "approval",
		AccountingDate: calendar.DateOf(w.now), PostedAt: w.now, Text: "Duyệt", Batch: batchNo, Lines: ledger.ListOf(lines)}, payout.Moved{})
	return err
}

const sqlTestDraw = `
INSERT INTO payout.draw (batch, book, channel, n, amount, reference, drawn_by, drawn_at, voucher)
VALUES (@batch, @book, @channel, @n, @amount, @ref, 'k', @now, @voucher)`

// draw orders money at the Treasury for a bank; it arrives with a statement.
func (w *world) draw(key bankadapters.Key, amount money.Amount) string {
	w.t.Helper()
	w.serial[key]++
	ref := fmt.Sprintf("RUT%s%d", key, w.serial[key])
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		posted, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "test/draw/" + ref, Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw",
			AccountingDate: calendar.DateOf(w.now), PostedAt: w.now, Text: "Rút dự toán"}, ledger.DrawOrdered(w.programme(), amount))
		if err != nil {
			return err
		}
		return w.exec(ctx, tx, sqlTestDraw, pgx.NamedArgs{"batch": batchNo, "book": w.book, "channel": key, "n": w.serial[key], "amount": amount,
			"ref": ref, "now": w.now, "voucher": posted.ID})
	})
	return ref
}

// fund draws and lets the money arrive by the first statement.
func (w *world) fund(key bankadapters.Key, amount money.Amount) {
	w.t.Helper()
	ref := w.draw(key, amount)
	w.post(key, w.statement(key, entry{credit: true, amount: amount, id: ref, family: "RCDT"}))
}

const sqlTestSubmission = `
INSERT INTO payout.submission (no, batch, channel, book, message_id, digest, sha256, count, total, canary, execution, created_at, send_before, head, voucher, state, tries, first_sent)
VALUES (@no, @batch, @channel, @book, @message, 'x', 'x', @count, @total, false, '2026-02-05', @now, @now::timestamptz + interval '3 days', 'h', 1, @state, @tries,
        CASE WHEN @tries::int > 0 THEN @now::timestamptz END)`

const sqlTestAttempt = `
INSERT INTO payout.attempt (batch, payment, attempt, submission, place) VALUES (@batch, @payment, @attempt, @no, @place)`

// order posts the intent for payments at a bank, as payout does, and sends it
// unless state is intent.
func (w *world) order(key bankadapters.Key, state string, payments ...int64) payout.Submission {
	w.t.Helper()
	w.serial["submission"]++
	no := int64(batchNo)*1_000_000 + w.serial["submission"]
	message := w.origin.MessageID(no, [32]byte{byte(no)})
	place := ledger.Place(key)
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		at, err := ledger.Positions(ctx, tx, batchNo, payments)
		if err != nil {
			return err
		}
		desk := ledger.NewDesk(tx, w.book, ledger.EntrustedState, place, w.programme(), w.now)
		leg := ledger.LegOrdered
		if w.banks[key].account == "" {
			leg = ledger.LegListed
		}
		var lines []ledger.Line
		total := money.Amount(0)
		for i, p := range payments {
			l, err := desk.Fill(ctx, at[p].Next(batchNo, leg, 0, at[p].Amount))
			if err != nil {
				return err
			}
			lines, total = append(lines, l), total+l.Amount
			if err := w.exec(ctx, tx, sqlTestAttempt, pgx.NamedArgs{"batch": batchNo, "payment": p, "attempt": l.Attempt, "no": no, "place": i + 1}); err != nil {
				return err
			}
		}
		tries := 1
		if state == "intent" {
			tries = 0
		}
		if err := w.exec(ctx, tx, sqlTestSubmission, pgx.NamedArgs{"no": no, "batch": batchNo, "channel": key, "book": w.book, "message": message,
			"count": len(payments), "total": total, "now": w.now, "state": state, "tries": tries}); err != nil {
			return err
		}
		if err := ledger.LockFunds(ctx, tx, w.book, place); err != nil {
			return err
		}
		_, err = payout.Post(ctx, tx, ledger.Voucher{Key: fmt.Sprintf("test/order/%d", no), Facts: []byte("x"), Book: w.book,
			PostingSet: ledger.EntrustedState, Kind: "order", AccountingDate: calendar.DateOf(w.now), PostedAt: w.now, Text: "Lệnh", Batch: batchNo,
			OrderNo: no, Lines: ledger.ListOf(lines)}, payout.Moved{At: key, Was: func(p int64) payout.Standing {
			return payout.Standing{State: at[p].State(), Channel: w.lastChannel(ctx, tx, p, at[p].Attempt)}
		}})
		return err
	})
	s, err := payout.ReadSubmission(w.t.Context(), w.db, no)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

const sqlTestLastChannel = `
SELECT coalesce((SELECT s.channel FROM payout.attempt AS a JOIN payout.submission AS s ON s.no = a.submission
                  WHERE a.batch = @batch AND a.payment = @payment AND a.attempt = @attempt), '')`

func (w *world) lastChannel(ctx context.Context, tx pgx.Tx, payment int64, attempt int16) (key bankadapters.Key) {
	err := tx.QueryRow(ctx, sqlTestLastChannel, pgx.NamedArgs{"batch": batchNo, "payment": payment, "attempt": attempt}).Scan(&key)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// id is the end-to-end id of a payment's attempt.
func (w *world) id(payment int64, attempt int16) string {
	return string(w.origin.EndToEnd(payout.Ref{Batch: batchNo, Payment: payment, Attempt: attempt}))
}

// take hands a file in and fails the test unless it is taken.
func (w *world) take(key bankadapters.Key, kind bankadapters.Kind, text string) reconciliation.Receipt {
	w.t.Helper()
	r, err := w.intake(key, kind, text)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) intake(key bankadapters.Key, kind bankadapters.Kind, text string) (reconciliation.Receipt, error) {
	return w.rec.Intake(w.t.Context(), reconciliation.FileIn{Channel: key, Kind: kind, Name: "f", Body: strings.NewReader(text), KeyID: string(key) + "-1", At: w.now})
}

// post takes a statement in and posts it.
func (w *world) post(key bankadapters.Key, statement string) {
	w.t.Helper()
	w.take(key, bankadapters.KindStatement, statement)
	w.drain(key)
}

func (w *world) drain(key bankadapters.Key) {
	w.t.Helper()
	if _, err := w.rec.Drain(w.t.Context(), key, 1000); err != nil {
		w.t.Fatal(err)
	}
}

// states lists "payment: state" for the given payments.
func (w *world) states(payments ...int64) map[int64]ledger.State {
	w.t.Helper()
	at, err := ledger.Positions(w.t.Context(), w.db, batchNo, payments)
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[int64]ledger.State{}
	for p, x := range at {
		got[p] = x.State()
	}
	return got
}

// balance is the debit balance of a role at a bank, over all programmes.
func (w *world) balance(role ledger.Role, key bankadapters.Key) money.Amount {
	w.t.Helper()
	n, err := ledger.BalanceOf(w.t.Context(), w.db, w.book, ledger.Slot{Role: role, Place: ledger.Place(key), Programme: ledger.AnyProgramme})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

const sqlTestBreaks = `SELECT reason, count(*) FROM reconciliation.break_item WHERE closed_at IS NULL GROUP BY reason`

func (w *world) breaks() map[string]int {
	w.t.Helper()
	rows, _ := w.db.Query(w.t.Context(), sqlTestBreaks)
	got := map[string]int{}
	var reason string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&reason, &n}, func() error { got[reason] = n; return nil }); err != nil {
		w.t.Fatal(err)
	}
	return got
}

// tie fails the test unless our book is the bank's to the đồng and the ledger
// verifies.
func (w *world) tie(keys ...bankadapters.Key) {
	w.t.Helper()
	for _, key := range keys {
		ours := w.balance(ledger.RoleFunds, key) + w.balance(ledger.RoleSent, key)
		if theirs := w.banks[key].balance; ours != theirs {
			w.t.Errorf("bank %s: our 112 + 113.sent is %s, the bank's closing balance %s", key, ours, theirs)
		}
		day, err := reconciliation.BankDayOf(w.t.Context(), w.db, key, w.banks[key].account, calendar.DateOf(w.now))
		if err != nil || day.Difference() != 0 || day.Unposted != 0 {
			w.t.Errorf("bank day of %s: %+v, %v", key, day, err)
		}
	}
	report, err := ledger.Verify(w.t.Context(), w.db, ledger.VerifyOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		w.t.Error(err)
	}
}

const minute = time.Minute

func calendarDay(w *world) calendar.Date { return calendar.DateOf(w.now) }
