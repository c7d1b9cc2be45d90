package reports_test

import (
	"context"
	"fmt"
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
	"ansinh/reports"
	"ansinh/timeliness"
)

const batch ledger.BatchID = 15001

var (
	origin = payout.Origin{Installation: "TST", Epoch: 2}
	due    = calendar.Must(2026, 2, 5)
	now    = calendar.Must(2026, 2, 25).At(16, 30)
)

// world is one batch whose payments went every way there is.
type world struct {
	t      *testing.T
	db     *pgxpool.Pool
	book   ledger.BookID
	size   int64 // payments in a commune
	posted int
}

var (
	communes = []string{"Phường Mẫu Hoàn Kiếm", "Xã Mẫu Ba Vì", "Phường Mẫu Hai Bà Trưng", "Xã Mẫu Sóc Sơn"}
	names    = []string{"Nguyễn Thị Mẫu", "Trần Văn Thử", "Lê Thị Ví Dụ", "Phạm Văn Giả Lập", "Hoàng Thị Minh Họa"}
	amounts  = []int64{300_000, 500_000, 1_000_000, 2_000_000, 1_234_567}
)

// newWorld makes the communes with size payments each, three in five through
// bank A, one through the post, one through bank B.
func newWorld(t *testing.T, size int64) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.DB(t), size: size}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.OpenBook(ctx, tx, "0000001", "Sở Mẫu thành phố Thử Nghiệm", due.AddDays(-40).At(9, 0))
		w.book = book.ID
		return err
	})
	w.exec(`INSERT INTO payout.programme (code, name_vi, name_en, legal_basis, posting_set, budget_code, due_date, due_paper, origin)
		VALUES ('TET26', 'Quà Tết Bính Ngọ 2026 (dữ liệu mẫu)', 'Tet gifts 2026 (sample)', 'Nghị quyết mẫu số 00/2026/NQ-HĐND ngày 01/01/2026; Kế hoạch mẫu số 00/KH-UBND',
		'entrusted-state', '000-398', $1, 'Kế hoạch mẫu số 00/KH-UBND', 'test')`, due)
	w.exec(`INSERT INTO payout.channel (key, ordinal, kind, name_vi, bin, profile) VALUES
		('A', 1, 'bank', 'Ngân hàng Mẫu A', '999001', '{}'), ('B', 2, 'bank', 'Ngân hàng Mẫu B', '999002', '{}'), ('P1', 3, 'provider', 'Bưu điện Mẫu', '', '{}')`)
	total := int64(0)
	for no := range int64(len(communes)) * size {
		total += amounts[no%5]
	}
	w.exec(`INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at)
		VALUES ($1, 'TET26', '2026-02-01', 'Chi quà Tết Bính Ngọ 2026, đợt 1', $2, $3, '123/QĐ-UBND', '2026-01-20', $4, 'test', '2026-01-21')`,
		batch, int64(len(communes))*size, total, due)
	for i, name := range communes {
		first := int64(i) * size
		sum := int64(0)
		for k := range size {
			sum += amounts[(first+k)%5]
		}
		w.exec(`INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
			VALUES ($1, $2, $3, '2025-07-01', $4, $5, $6, $7, decode(repeat('00', 32), 'hex'), 'ABCDEFGH', 'released')`,
			batch, i+1, fmt.Sprintf("%05d", i+1), name, w.book, size, sum)
	}
	w.exec(`INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category)
		SELECT $1, n, ($2::bigint[])[1 + (n - 1) % 5], n, 1 + (n - 1) / $3, CASE WHEN n % 7 <> 0 THEN 1930 + n % 60 END,
		       (ARRAY['A','A','A','P1','B'])[1 + (n - 1) % 5], (ARRAY['999001','999001','999003','','999002'])[1 + (n - 1) % 5],
		       CASE WHEN (n - 1) % 5 <> 3 THEN lpad((n % 10000)::text, 4, '0') ELSE '' END, 'MAU',
		       ($4::text[])[1 + (n - 1) % 5] || ' ' || n, 'HIV'
		  FROM generate_series(1::bigint, $5) AS n`, batch, amounts, size, names, int64(len(communes))*size)
	w.fund()
	return w
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(fn func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	if err := pgdb.InTx(w.t.Context(), w.db, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fund() {
	w.t.Helper()
	day := due.AddDays(-6)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		entry := func(role ledger.Role, place string) ledger.Entry {
			return ledger.Entry{Debit: ledger.SlotFor(role, ledger.Place(place), "TET26"), Credit: ledger.SlotFor(ledger.RoleBudget, "", "TET26"), Amount: 900_000_000_000}
		}
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "fund", Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw", AccountingDate: day,
			PostedAt: day.At(10, 0), Text: "rút", Cause: 1}, []ledger.Entry{entry(ledger.RoleFunds, "A"), entry(ledger.RoleFunds, "B"), entry(ledger.RoleProvider, "P1")})
		return err
	})
	for _, channel := range []string{"A", "B", "P1"} {
		w.exec(`INSERT INTO payout.draw (batch, book, channel, n, amount, reference, drawn_by, drawn_at, voucher) VALUES ($1, $2, $3, 1, 1000000, $4, 'test', $5, 1)`,
			batch, w.book, channel, "draw "+channel, day.At(10, 0))
	}
}

func channelOf(no int64) string { return []string{"A", "A", "A", "P1", "B"}[(no-1)%5] }

// leg posts one movement of those of the payments that go through channel.
func (w *world) leg(day calendar.Date, leg ledger.LegID, channel string, payments []int64) {
	w.t.Helper()
	var list []int64
	for _, no := range payments {
		if channelOf(no) == channel {
			list = append(list, no)
		}
	}
	if len(list) == 0 {
		return
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := ledger.LockFunds(ctx, tx, w.book, ledger.Place(channel)); err != nil {
			return err
		}
		at, err := ledger.Positions(ctx, tx, batch, list)
		if err != nil {
			return err
		}
		desk := ledger.NewDesk(tx, w.book, ledger.EntrustedState, ledger.Place(channel), "TET26", day.At(12, 0))
		lines := make([]ledger.Line, 0, len(list))
		for _, no := range list {
			p := at[no]
			p.Payment = no
			line := p.Next(batch, leg, p.Attempt, 1)
			line.Amount = ledgerAmount(no)
			if line, err = desk.Fill(ctx, line); err != nil {
				return err
			}
			lines = append(lines, line)
		}
		w.posted++
		_, err = ledger.Post(ctx, tx, ledger.Voucher{Key: fmt.Sprint("test ", w.posted), Book: w.book, PostingSet: ledger.EntrustedState, Kind: "test",
			AccountingDate: day, PostedAt: day.At(12, 0), Text: "thử", Batch: batch, OrderNo: 1, Cause: 1, Lines: ledger.ListOf(lines)})
		return err
	})
}

// send writes the submission and attempts of everything that was ordered.
func (w *world) send(payments []int64) {
	w.t.Helper()
	for i, channel := range []string{"A", "B", "P1"} {
		number := int64(batch)*1_000_000 + int64(i+1)*10_000 + 1
		message := string(origin.MessageID(number, [32]byte{byte(i)}))
		w.exec(`INSERT INTO payout.submission (no, batch, channel, book, message_id, digest, sha256, count, total, canary, execution, created_at, send_before, head, voucher, state)
			VALUES ($1, $2, $3, $4, $5, '', '', 1, 1, false, $6, $7, $7, '', 1, 'accepted')`, number, batch, channel, w.book, message, due, due.At(8, 0))
		w.exec(`INSERT INTO payout.attempt (batch, payment, attempt, submission, place)
			SELECT $1, p.no, 1, $2, p.no FROM payout.payment AS p WHERE p.batch = $1 AND p.no = ANY ($3) AND p.channel = $4`, batch, number, payments, channel)
	}
}

// play takes the payments through every state: of each ten, one stays unsent,
// one is rejected, one in doubt, one returned, the rest paid; the last commune
// is not approved.
func (w *world) play() {
	w.t.Helper()
	var approved, ordered, paid, rejected, returned, doubt []int64
	for no := int64(1); no <= w.size*int64(len(communes)-1); no++ {
		approved = append(approved, no)
		if no%10 == 1 {
			continue
		}
		ordered = append(ordered, no)
		switch {
		case no%10 == 2:
			rejected = append(rejected, no)
		case no%10 == 3:
			doubt = append(doubt, no)
		case no%20 == 14: // stays on the provider's list
		case no%10 == 5:
			returned, paid = append(returned, no), append(paid, no)
		default:
			paid = append(paid, no)
		}
	}
	for _, way := range []struct {
		channel          string
		order, pay, fail ledger.LegID
	}{
		{"A", ledger.LegOrdered, ledger.LegPaidSent, ledger.LegRejected}, {"B", ledger.LegOrdered, ledger.LegPaidSent, ledger.LegRejected},
		{"P1", ledger.LegListed, ledger.LegListPaid, ledger.LegListUnpaid},
	} {
		w.leg(due.AddDays(-8), ledger.LegApproved, way.channel, approved)
		w.leg(due.AddDays(-1), way.order, way.channel, ordered)
		w.leg(due.AddDays(1), way.pay, way.channel, paid)
		w.leg(due.AddDays(1), way.fail, way.channel, rejected)
	}
	w.leg(due.AddDays(5), ledger.LegReturned, "B", returned)
	w.send(ordered)
	w.exec(`INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, submission, section, channel, amount)
		SELECT batch, no, 1, 'doubt', $2, 'timeout', 0, section, channel, amount FROM payout.payment WHERE batch = $1 AND no = ANY ($3::bigint[])`,
		batch, due.At(9, 0), doubt)
	w.breaks()
	w.withdrawals(paid)
	if _, _, err := ledger.Seal(w.t.Context(), w.db, due.AddDays(6).At(18, 0)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) breaks() {
	w.t.Helper()
	w.exec(`INSERT INTO reconciliation.file (channel, kind, name, sha256, bytes, received_at, received_by) VALUES ('A', 'camt.053', 's.xml', decode(repeat('11', 32), 'hex'), 1, $1, 'A-1')`, due.AddDays(2).At(7, 0))
	w.exec(`INSERT INTO reconciliation.break_item (reason, channel, account, file, position, batch, payment, attempt, submission, amount, voucher, suggestion, opened_at, owner)
		SELECT r.reason, 'A', '0000', f.id, r.position, r.batch, r.payment, 1, 0, r.amount, 0, r.suggestion, $2, CASE WHEN r.position < 3 THEN 'Kế toán Mẫu' ELSE '' END
		  FROM reconciliation.file AS f, (VALUES
		       ('second_debit', 1, $1::int, 7::bigint, 500000::bigint, ''),
		       ('unknown_credit', 2, 0, 0, 77777, 'Có thể là hoàn tiền của khoản 22: cùng số tiền, cùng tài khoản nhận'),
		       ('debit_other_amount', 3, $1, 12, 100050, '')) AS r (reason, position, batch, payment, amount, suggestion)`, batch, due.AddDays(2).At(7, 5))
}

type promised []timeliness.Row

func (r promised) Read(promise func(timeliness.Promise) error, row func(timeliness.Row) error) error {
	if err := promise(timeliness.Promise{FileID: "W1", Scope: "mọi tài khoản mở tại ngân hàng", From: due, To: due.AddDays(15), Complete: due.AddDays(15).At(23, 59)}); err != nil {
		return err
	}
	for _, one := range r {
		if err := row(one); err != nil {
			return err
		}
	}
	return nil
}

// withdrawals covers two of three payments of bank A.
func (w *world) withdrawals(paid []int64) {
	w.t.Helper()
	var r promised
	to := due.AddDays(15)
	for _, no := range paid {
		if channelOf(no) != "A" || no%3 == 0 {
			continue
		}
		one := timeliness.Row{Reference: origin.EndToEnd(payout.Ref{Batch: batch, Payment: no, Attempt: 1}), From: due, To: to, Complete: to.AddDays(1).Start()}
		if no%4 != 0 {
			one.At, one.Kind = due.AddDays(1+int(no%11)).At(15, 0), timeliness.Cash
		}
		r = append(r, one)
	}
	_, err := timeliness.TakeFile(w.t.Context(), w.db, origin, timeliness.File{Channel: bankadapters.Key("A"), Name: "w.csv", SHA256: [32]byte{1}, Reader: r, TakenBy: "A-1", Now: now.Add(-time.Hour)})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) options(path string) reports.Options {
	return reports.Options{Batch: batch, Now: now, By: "Người lập Mẫu", Demo: true, Path: path,
		Issuer: reports.Issuer{Superior: "Ủy ban nhân dân thành phố Thử Nghiệm", Name: "Sở Mẫu", Place: "Thử Nghiệm"}}
}
