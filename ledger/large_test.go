package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// from makes one line for each payment first…last after its line number seq.
func (b *books) from(batch ledger.BatchID, leg ledger.LegID, seq int16, first, last int64) iter.Seq2[ledger.Line, error] {
	def := ledger.LegOf(leg)
	l := ledger.Line{Batch: batch, Seq: seq + 1, Leg: leg, Amount: 500_000, Debit: b.id(def.Debit), Credit: b.id(def.Credit)}
	if seq > 0 {
		l.Attempt, l.About = 1, 1
	}
	return func(yield func(ledger.Line, error) bool) {
		for p := first; p <= last; p++ {
			l.Payment = p
			if !yield(l, nil) {
				return
			}
		}
	}
}

// bulk posts one leg for payments first…last in one voucher.
func (b *books) bulk(batch ledger.BatchID, leg ledger.LegID, seq int16, first, last int64) ledger.Posted {
	b.t.Helper()
	v := b.voucher(fmt.Sprintf("%d leg %d, %d–%d", batch, leg, first, last), batch)
	v.OrderNo, v.Cause = int64(batch), int64(leg)
	v.Lines = b.from(batch, leg, seq, first, last)
	got, err := b.post(v)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func TestLargeBatch(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	const batch = ledger.LargeFirst + 7
	const n = 25_000
	if got := b.bulk(batch, ledger.LegApproved, 0, 1, n); got.Lines != n {
		t.Errorf("%d lines posted", got.Lines)
	}
	b.bulk(batch, ledger.LegApproved, 0, n+1, n+100) // a later section
	b.bulk(batch, ledger.LegOrdered, 1, 1, n)
	b.bulk(batch, ledger.LegBooked, 2, 1, n)
	b.bulk(batch, ledger.LegPaid, 3, 1, n)
	b.bulk(batch, ledger.LegReturned, 4, 5, 9)
	counts, err := ledger.StateCounts(ctx, db, batch)
	want := []ledger.StateCount{{State: ledger.Approved, Count: 100, Total: 50_000_000},
		{State: ledger.Paid, Count: n - 5, Total: (n - 5) * 500_000}, {State: ledger.Returned, Count: 5, Total: 2_500_000}}
	if diff := cmp.Diff(want, counts); diff != "" || err != nil {
		t.Errorf("states, %v (-want +got):\n%s", err, diff)
	}
	at, err := ledger.Positions(ctx, db, batch, []int64{7, n + 1, n + 500})
	if err != nil || len(at) != 2 || at[7].Claim != 500_000 || at[7].Seq != 5 || at[n+1].State() != ledger.Approved {
		t.Errorf("positions %+v, %v", at, err)
	}
	var rows []int64
	for _, part := range []string{"1", "2", "3", "4"} {
		var count int64
		if err := db.QueryRow(ctx, `SELECT count(*) FROM ledger.line_b840007_`+part).Scan(&count); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, count)
	}
	if diff := cmp.Diff([]int64{n + 100, n, n, n + 5}, rows); diff != "" {
		t.Errorf("lines by partition (-want +got):\n%s", diff)
	}
}

// TestTwoFirstVouchersOfALargeBatch: the second waits for the first's private
// table to be attached and then uses it.
func TestTwoFirstVouchersOfALargeBatch(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.id(ledger.RoleBudget)
	b.id(ledger.RoleOwed)
	done := make(chan error, 2)
	for i := range int64(2) {
		v := b.voucher(fmt.Sprintf("section %d", i), ledger.LargeFirst)
		v.Lines = b.from(ledger.LargeFirst, ledger.LegApproved, 0, i*1000+1, i*1000+1000)
		go func() {
			done <- pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
				_, err := ledger.Post(ctx, tx, v)
				return err
			})
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	counts, err := ledger.StateCounts(ctx, db, ledger.LargeFirst)
	if diff := cmp.Diff([]ledger.StateCount{{State: ledger.Approved, Count: 2000, Total: money.Amount(1_000_000_000)}}, counts); diff != "" || err != nil {
		t.Errorf("states, %v (-want +got):\n%s", err, diff)
	}
}

// TestChecksReadByKey: checking a few new lines of a large batch, or asking where
// their payments are, must not read the lines of all the others.
func TestChecksReadByKey(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	const batch = ledger.LargeFirst
	b.bulk(batch, ledger.LegApproved, 0, 1, 40_000)
	b.bulk(batch, ledger.LegOrdered, 1, 1, 40_000)
	b.bulk(batch, ledger.LegPaid, 2, 1, 100)
	payments := make([]int64, 100)
	for i := range payments {
		payments[i] = int64(i + 1)
	}
	var voucher int64
	if err := db.QueryRow(ctx, `SELECT max(id) FROM ledger.voucher`).Scan(&voucher); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{"the check": ledger.CheckStatement, "looking up where they are": ledger.PositionsStatement} {
		var plan []byte
		err := db.QueryRow(ctx, `EXPLAIN (ANALYZE, FORMAT JSON) `+statement, pgx.NamedArgs{"payments": payments, "seq": 3,
			"batch": batch, "voucher": voucher, "book": b.book, "set": ledger.EntrustedState, "orders": []int16{2, 20, 30, 33}}).Scan(&plan)
		if err != nil {
			t.Fatal(err)
		}
		var root any
		decoder := json.NewDecoder(bytes.NewReader(plan))
		decoder.UseNumber()
		if err := decoder.Decode(&root); err != nil {
			t.Fatal(err)
		}
		if node, read := widest(root); read > 1000 {
			t.Errorf("%s of 100 payments: %s reads %d lines", name, node, read)
		}
	}
}

// TestManyLinesAreMerged: a partition filled a moment ago has no statistics.
// The check of a large voucher must still read each of its three ranges once, in
// the order of the key, and not walk one of them for every line of another.
func TestManyLinesAreMerged(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.bulk(ledger.LargeFirst, ledger.LegApproved, 0, 1, 2_000)
	b.bulk(ledger.LargeFirst, ledger.LegOrdered, 1, 1, 2_000)
	b.bulk(ledger.LargeFirst, ledger.LegPaid, 2, 1, 2_000)
	var voucher int64
	if err := db.QueryRow(ctx, `SELECT max(id) FROM ledger.voucher`).Scan(&voucher); err != nil {
		t.Fatal(err)
	}
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if err := ledger.PlanForMany(ctx, tx); err != nil {
			return err
		}
		var plan []byte
		err := tx.QueryRow(ctx, "EXPLAIN (ANALYZE, FORMAT JSON) "+ledger.CheckMany, pgx.NamedArgs{"seq": int16(3),
			"lowest": int64(1), "highest": int64(2_000), "batch": ledger.LargeFirst, "voucher": voucher,
			"debit": b.id(ledger.RoleOwed), "credit": b.id(ledger.RoleOut), "leg": ledger.LegPaid, "attempt": 1, "about": 1,
			"p_attempt": 1, "p_leg": ledger.LegOrdered, "p_debit": b.id(ledger.RoleSent),
			"f_debit": b.id(ledger.RoleBudget), "f_credit": b.id(ledger.RoleOwed)}).Scan(&plan)
		for _, node := range regexp.MustCompile(`"Actual Rows": (\d+),\s+"Actual Loops": (\d+)`).FindAllSubmatch(plan, -1) {
			rows, _ := strconv.Atoi(string(node[1])) // the pattern admits digits only
			loops, _ := strconv.Atoi(string(node[2]))
			if rows*loops > 2_000 {
				t.Errorf("the check of 2,000 lines reads %d rows %d times", rows, loops)
			}
		}
		for _, node := range []string{"Nested Loop", "Sort", "Hash", "Gather", "Seq Scan"} {
			if bytes.Contains(plan, []byte(`"Node Type": "`+node)) {
				t.Errorf("the check of 2,000 lines has a node %q:\n%s", node, plan)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// widest finds the plan node that reads most rows of a partition.
func widest(plan any) (string, int64) {
	name, most := "", int64(0)
	switch plan := plan.(type) {
	case []any:
		for _, part := range plan {
			if n, rows := widest(part); rows > most {
				name, most = n, rows
			}
		}
	case map[string]any:
		for _, part := range plan {
			if n, rows := widest(part); rows > most {
				name, most = n, rows
			}
		}
		if relation, ok := plan["Relation Name"].(string); ok && strings.HasPrefix(relation, "line") {
			number := func(key string) int64 {
				text, _ := plan[key].(json.Number)
				n, _ := text.Int64() // a figure the node does not have counts as none
				return n
			}
			if total := (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops"); total > most {
				name, most = fmt.Sprint(plan["Node Type"], " on ", relation), total
			}
		}
	}
	return name, most
}

// BenchmarkPost posts three legs for 100,000 payments a round: the first
// attached, the others in vouchers of 20,000.
func BenchmarkPost(bench *testing.B) {
	db := pgtest.DB(bench)
	pgtest.ExpectBroken(bench, db) // it is not; looking would take longer than the benchmark
	b := open(bench, db)
	const n, part = 100_000, 20_000
	batch := ledger.LargeFirst
	for bench.Loop() {
		b.bulk(batch, ledger.LegApproved, 0, 1, n)
		for first := int64(1); first < n; first += part {
			b.bulk(batch, ledger.LegOrdered, 1, first, first+part-1)
		}
		for first := int64(1); first < n; first += part {
			b.bulk(batch, ledger.LegPaidSent, 2, first, first+part-1)
		}
		batch++
	}
	bench.SetBytes(3 * n) // a line counts as a byte: MB/s reads as million lines a second
}

// BenchmarkVerify walks the 300,000 lines that BenchmarkPost makes in a round.
func BenchmarkVerify(bench *testing.B) {
	db := pgtest.DB(bench)
	b := open(bench, db)
	const n = 100_000
	b.bulk(ledger.LargeFirst, ledger.LegApproved, 0, 1, n)
	b.bulk(ledger.LargeFirst, ledger.LegOrdered, 1, 1, n)
	b.bulk(ledger.LargeFirst, ledger.LegPaidSent, 2, 1, n)
	for bench.Loop() {
		if report, err := ledger.Verify(bench.Context(), db, ledger.VerifyOptions{}); err != nil || !report.OK() {
			bench.Fatal(report, err)
		}
	}
	bench.SetBytes(3 * n) // a line counts as a byte: MB/s reads as million lines a second
}
