package records_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/bench"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/web/records"
)

// What pages show must be what the ledger's own readers say, and a walk page by
// page must meet every row once.
func TestReadsAgreeWithTheLedger(t *testing.T) {
	t.Parallel()
	city, db := newCity(t, 3_000, 2)
	t.Run("an account's pages add up to the trial balance", func(t *testing.T) { accountsAddUp(t, db) })
	t.Run("a voucher's pages hold all its lines", func(t *testing.T) { voucherIsWhole(t, db) })
	t.Run("breaks come once each, in both orders", func(t *testing.T) { breaksComeOnce(t, db) })
	t.Run("files and their lines come once each", func(t *testing.T) { filesComeOnce(t, db) })
	t.Run("acts come once each", func(t *testing.T) { actsComeOnce(t, db) })
	t.Run("banks say what waits and what is in doubt", func(t *testing.T) { banksCount(t, db, city) })
	t.Run("stages are the sums of their parts", func(t *testing.T) { stagesAgree(t, db, city) })
	t.Run("people are found by three ways", func(t *testing.T) { peopleAreFound(t, db, city) })
}

func accountsAddUp(t *testing.T, db *pgxpool.Pool) {
	ctx := t.Context()
	balances, err := ledger.TrialBalance(ctx, db, 0, ledger.AsOf{})
	if err != nil || len(balances) == 0 {
		t.Fatalf("trial balance: %d rows, %v", len(balances), err)
	}
	r := records.Range{From: calendar.Must(2026, 1, 20)}
	for _, b := range balances {
		a, err := records.ReadAccount(ctx, db, b.Account, r)
		if err != nil {
			t.Fatal(err)
		}
		if a.Closing() != b.Net() {
			t.Errorf("account %s closes at %s, the trial balance says %s", a.Code, a.Closing(), b.Net())
		}
		var after ledger.VoucherID
		var debit, credit money.Amount
		last := a.Opening
		for more := true; more; {
			var page []records.Movement
			if page, more, err = records.Movements(ctx, db, a.ID, r, a.Opening, after, 7); err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				debit, credit, after = debit+m.Debit, credit+m.Credit, m.Voucher
				if m.Balance != last+m.Debit-m.Credit {
					t.Fatalf("account %s, voucher %d: balance %s after %s", a.Code, m.Voucher, m.Balance, last)
				}
				last = m.Balance
			}
		}
		if debit != a.Debit || credit != a.Credit || last != a.Closing() {
			t.Errorf("account %s: pages add up to %s and %s, the header says %s and %s", a.Code, debit, credit, a.Debit, a.Credit)
		}
	}
}

func voucherIsWhole(t *testing.T, db *pgxpool.Pool) {
	ctx := t.Context()
	id := ledger.VoucherID(newestOf(t, db, `SELECT id FROM ledger.voucher WHERE kind = 'reconciliation' AND cause <> 0 ORDER BY lines DESC, id LIMIT 1`))
	v, err := records.ReadVoucher(ctx, db, id)
	if err != nil {
		t.Fatal(err)
	}
	if v.ChainNo == 0 || v.CauseFile == 0 || len(v.Totals) != 2 {
		t.Fatalf("ReadVoucher(%d) = chain %d, cause file %d, %d totals", id, v.ChainNo, v.CauseFile, len(v.Totals))
	}
	seen := map[records.LineKey]bool{}
	var sum money.Amount
	var after records.LineKey
	for more := true; more; {
		var page []records.VoucherLine
		if page, more, err = records.VoucherLines(ctx, db, v, after, 50); err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			after = records.LineKey{Payment: l.Payment, Seq: l.Seq}
			if seen[after] {
				t.Fatalf("line %v comes twice", after)
			}
			seen[after] = true
			sum += l.Amount
			if l.File != v.CauseFile || l.Submission != v.Order {
				t.Fatalf("line %v: file %d, submission %d; the voucher's are %d and %d", after, l.File, l.Submission, v.CauseFile, v.Order)
			}
		}
	}
	if int64(len(seen)) != v.Lines || sum != v.Totals[0].Debit+v.Totals[0].Credit {
		t.Errorf("voucher %d: %d lines of %s, the header says %d, the totals %+v", id, len(seen), sum, v.Lines, v.Totals)
	}
	if again, err := records.VoucherByNumber(ctx, db, v.ChainNo); err != nil || again != id {
		t.Errorf("VoucherByNumber(%d) = %d, %v", v.ChainNo, again, err)
	}
}

func breaksComeOnce(t *testing.T, db *pgxpool.Pool) {
	ctx := t.Context()
	var bank bankadapters.Key
	if err := db.QueryRow(ctx, `SELECT min(channel) FROM reconciliation.break_item WHERE closed_at IS NULL`).Scan(&bank); err != nil {
		t.Fatal(err)
	}
	for _, f := range []records.BreakFilter{{}, {Order: records.BreakLargest}, {Channel: bank}, {Owner: "-"}, {Closed: true, Channel: "E"}} {
		want, total, err := records.CountBreaks(ctx, db, f)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int64]bool{}
		var sum money.Amount
		f.Want = 2
		if f.Closed {
			f.Want = 40
		}
		for more := true; more; {
			var page []records.BreakRow
			if page, more, err = records.BreakList(ctx, db, f); err != nil {
				t.Fatal(err)
			}
			for _, b := range page {
				if seen[b.ID] || f.Order == records.BreakLargest && f.After.ID != 0 && b.Amount > f.After.Amount {
					t.Fatalf("%+v: break %d out of order or twice", f, b.ID)
				}
				seen[b.ID], f.After = true, records.BreakKey{ID: b.ID, Amount: b.Amount}
				sum += b.Amount
			}
		}
		if int64(len(seen)) != want || sum != total || want == 0 {
			t.Errorf("%+v: %d breaks of %s seen, %d of %s counted", f, len(seen), sum, want, total)
		}
	}
	id := newestOf(t, db, `SELECT max(id) FROM reconciliation.break_item WHERE batch <> 0`)
	d, err := records.ReadBreak(ctx, db, id)
	if err != nil || d.Line == nil || d.Line.Break != id || d.Line.Action == "" || d.Line.Voucher == 0 {
		t.Errorf("ReadBreak(%d) = %+v, %v: want its line with what the table said", id, d, err)
	}
	if _, err := records.ReadBreak(ctx, db, 1<<40); err == nil {
		t.Error("a break that does not exist was read")
	}
}

func filesComeOnce(t *testing.T, db *pgxpool.Pool) {
	ctx := t.Context()
	f := records.FileFilter{Want: 3}
	want, err := records.CountFiles(ctx, db, f)
	if err != nil {
		t.Fatal(err)
	}
	var files, lines, entries int64
	for more := true; more; {
		var page []records.File
		if page, more, err = records.Files(ctx, db, f); err != nil {
			t.Fatal(err)
		}
		for _, file := range page {
			files++
			f.Before = file.ID
			entries += int64(file.Entries)
			lines += linesOf(ctx, t, db, file.ID)
		}
	}
	if files != want || lines != entries || lines == 0 {
		t.Errorf("%d files of %d, %d lines of %d", files, want, lines, entries)
	}
}

func linesOf(ctx context.Context, t *testing.T, db *pgxpool.Pool, file int64) (n int64) {
	t.Helper()
	var after int32
	for more := true; more; {
		page, rest, err := records.StatementLines(ctx, db, file, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			if l.Position <= after || l.Action == "" || l.ChainNo == 0 {
				t.Fatalf("file %d, line %+v after %d: out of order, or without what it posted", file, l, after)
			}
			after = l.Position
			n++
		}
		more = rest
	}
	return n
}

func actsComeOnce(t *testing.T, db *pgxpool.Pool) {
	ctx := t.Context()
	for _, f := range []records.ActFilter{{Act: "section.approve"}, {Actor: "nguoi-7"}, {Subject: "payment/14000/9"},
		{From: calendar.Must(2026, 1, 16).Start(), To: calendar.Must(2026, 1, 17).Start()}} {
		want, err := records.CountActs(ctx, db, f)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int64]bool{}
		f.Want = 97
		for more := true; more; {
			var page []records.Act
			if page, more, err = records.Acts(ctx, db, f); err != nil {
				t.Fatal(err)
			}
			for _, a := range page {
				if seen[a.ID] || f.Before.ID != 0 && a.At.After(f.Before.At) {
					t.Fatalf("%+v: act %d out of order or twice", f, a.ID)
				}
				seen[a.ID], f.Before = true, records.ActKey{At: a.At, ID: a.ID}
			}
		}
		if int64(len(seen)) != want || want == 0 {
			t.Errorf("%+v: %d acts seen, %d counted", f, len(seen), want)
		}
	}
	kinds, err := records.ActKinds(ctx, db)
	if diff := cmp.Diff([]string{"personal.read", "section.approve"}, kinds); diff != "" || err != nil {
		t.Errorf("ActKinds (-want +got), %v:\n%s", err, diff)
	}
}

// The sums of whole batches are those of all their parts, and a page of doubts
// goes on where the one before ended.
func stagesAgree(t *testing.T, db *pgxpool.Pool, city *bench.City) {
	ctx := t.Context()
	all, err := records.ReadStages(ctx, db, city.Batch, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range city.Batch {
		figures, err := records.ReadFigures(ctx, db, batch)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(figures.Stages(), all[batch]); diff != "" {
			t.Errorf("batch %d (-parts +whole):\n%s", batch, diff)
		}
		own, err := records.SectionsOfUnit(ctx, db, batch, "00004")
		if err != nil {
			t.Fatal(err)
		}
		unit, err := records.ReadStages(ctx, db, []ledger.BatchID{batch}, "00004")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(figures.Of(func(f records.Figure) bool { return own[f.Section] }).Stages(), unit[batch]); diff != "" || len(unit[batch]) == 0 {
			t.Errorf("unit in batch %d (-parts +whole):\n%s", batch, diff)
		}
	}
	now := calendar.Must(2026, 2, 20).Start()
	whole, err := records.Doubts(ctx, db, "", records.DoubtKey{}, 500, now)
	if err != nil {
		t.Fatal(err)
	}
	var key records.DoubtKey
	var walked []records.Doubt
	for range whole.Rows {
		page, err := records.Doubts(ctx, db, "", key, 2, now)
		if err != nil || page.Payments != whole.Payments || page.Total != whole.Total {
			t.Fatalf("a page says %d payments, %s; all say %d, %s (%v)", page.Payments, page.Total, whole.Payments, whole.Total, err)
		}
		if walked = append(walked, page.Rows...); !page.More {
			break
		}
		last := page.Rows[len(page.Rows)-1]
		key = records.DoubtKey{Since: last.Since, Submission: last.Submission}
	}
	if diff := cmp.Diff(whole.Rows, walked); diff != "" {
		t.Errorf("pages of two (-whole +walked):\n%s", diff)
	}
}

func banksCount(t *testing.T, db *pgxpool.Pool, city *bench.City) {
	ctx := t.Context()
	banks, err := records.Banks(ctx, db, calendar.Must(2026, 1, 15))
	if err != nil {
		t.Fatal(err)
	}
	var waiting, doubts int64
	var waitingTotal money.Amount
	for _, b := range banks {
		waiting, waitingTotal, doubts = waiting+b.Waiting, waitingTotal+b.WaitingTotal, doubts+b.Doubts
		if b.Gate != "open" || (b.Kind == "bank") != (len(b.Statements) == 1) || b.Profile.DayCountMax == 0 {
			t.Errorf("bank %s: gate %s, %d statements, profile %+v", b.Key, b.Gate, len(b.Statements), b.Profile)
		}
	}
	states, err := ledger.StateCounts(ctx, db, city.Batch[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.State == ledger.Approved && (s.Count != waiting || s.Total != waitingTotal) {
			t.Errorf("%d payments of %s wait, the ledger has %d of %s approved and not ordered", waiting, waitingTotal, s.Count, s.Total)
		}
	}
	page, err := records.Doubts(ctx, db, "", records.DoubtKey{}, 500, calendar.Must(2026, 2, 20).Start())

	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, d := range page.Rows {
		some, _, err := records.DoubtPayments(ctx, db, d.Submission, 0, 500)
		if err != nil || int64(len(some)) != d.Payments {
			t.Errorf("submission %d: %d payments in doubt listed, %d counted (%v)", d.Submission, len(some), d.Payments, err)
		}
		sum += d.Payments
		if diff := cmp.Diff([]records.Missing{records.MissingWord}, d.Missing[:1]); diff != "" {
			t.Errorf("submission %d misses (-want +got):\n%s", d.Submission, diff)
		}
	}
	if open := newestOf(t, db, `SELECT count(*) FROM payout.exception WHERE closed_at IS NULL`); sum != open || doubts != open || open == 0 {
		t.Errorf("%d doubts by submission, %d by bank, %d open", sum, doubts, open)
	}
}

func peopleAreFound(t *testing.T, db *pgxpool.Pool, city *bench.City) {
	tests := map[string]struct {
		wanted records.Wanted
		hits   int
		more   bool
	}{
		"by whole id":            {records.Wanted{ID: bench.CityID(5)}, 1, false},
		"by whole phone":         {records.Wanted{Phone: bench.CityPhone(6)}, 1, false},
		"not by a part of an id": {records.Wanted{ID: bench.CityID(5)[:11]}, 0, false},
		"by name and year":       {records.Wanted{Name: "HOANG  THI MAU 7", Born: 1942}, 5, false},
		"not by name alone":      {records.Wanted{Name: "Hoàng Thị Mẫu 7"}, 0, false},
		"not in another commune": {records.Wanted{Name: "Hoàng Thị Mẫu 7", Born: 1942, Unit: "99999"}, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			hits, more, err := records.Find(t.Context(), db, city.Keys, tt.wanted)
			if err != nil || len(hits) != tt.hits || more != tt.more {
				t.Fatalf("Find(%s) = %d hits, more %v, %v; want %d, %v", tt.wanted.Way(), len(hits), more, err, tt.hits, tt.more)
			}
			for _, h := range hits {
				if len(h.Payments) != 2 {
					t.Errorf("person %d has %d payments, want 2", h.Person, len(h.Payments))
				}
			}
		})
	}
}
