package ledger_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// filled is a database with draws, a small and a large batch in several states.
func filled(t *testing.T) (*books, *pgxpool.Pool) {
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(10_000_000)
	b.steps(1001, []int64{1, 2, 3}, ledger.LegApproved, ledger.LegOrdered, ledger.LegBooked)
	b.steps(1001, []int64{2, 3}, ledger.LegPaid)
	b.steps(1001, []int64{3}, ledger.LegReturned)
	b.steps(ledger.LargeFirst, []int64{1, 2}, ledger.LegApproved, ledger.LegOrdered, ledger.LegPaidSent)
	if _, _, err := ledger.Seal(t.Context(), db, now); err != nil {
		t.Fatal(err)
	}
	return b, db
}

// TestVerifyFindsWhatASuperuserChanged changes one thing at a time with guards
// off. Names and lines in the finding are what an auditor looks up.
func TestVerifyFindsWhatASuperuserChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change string
		want   []string // in one finding
		fast   bool     // found without reading lines
	}{
		"an amount":                      {`UPDATE ledger.line SET amount = amount + 1 WHERE batch = 1001 AND payment = 2 AND seq = 3`, []string{`key "1001 booked [1 2 3] 3"`, "line 1001/2/3: the line was changed"}, false},
		"an amount of a large batch":     {`UPDATE ledger.line SET amount = amount + 1 WHERE batch = 840000 AND payment = 1 AND seq = 2`, []string{"840000 ordered", "line 840000/1/2: the line was changed"}, false},
		"an amount of a draw":            {`UPDATE ledger.line SET amount = 1 WHERE batch = 0 AND seq = 2`, []string{`key "draw `, "the line was changed"}, false},
		"red instead of black":           {`UPDATE ledger.line SET red = true WHERE batch = 1001 AND payment = 1 AND seq = 1`, []string{"line 1001/1/1: the line was changed"}, false},
		"the account":                    {`UPDATE ledger.line SET credit = debit, debit = credit WHERE batch = 1001 AND payment = 1 AND seq = 2`, []string{"line 1001/1/2: the line was changed"}, false},
		"a line gone":                    {`DELETE FROM ledger.line WHERE batch = 1001 AND payment = 3 AND seq = 5`, []string{"returned", "0 lines are stored, the header says 1"}, false},
		"a line in the middle gone":      {`DELETE FROM ledger.line WHERE batch = 1001 AND payment = 2 AND seq = 2`, []string{"line 1001/2/3: line 1 is followed by line 3"}, false},
		"a line added":                   {`INSERT INTO ledger.line SELECT payment, amount, voucher, batch, debit, credit, tag, 3, attempt, about, 4, red FROM ledger.line WHERE batch = 840000 AND payment = 1 AND seq = 1 ON CONFLICT DO NOTHING; INSERT INTO ledger.line SELECT 9, amount, voucher, batch, debit, credit, tag, seq, attempt, about, leg, red FROM ledger.line WHERE batch = 840000 AND payment = 1 AND seq = 1`, []string{"840000/9/1"}, false},
		"a line without a voucher":       {`INSERT INTO ledger.line SELECT 9, amount, 1, batch, debit, credit, tag, seq, attempt, about, leg, red FROM ledger.line WHERE batch = 1001 AND payment = 1 AND seq = 1`, []string{"line 1001/9/1: no such voucher"}, false},
		"a date":                         {`UPDATE ledger.voucher SET accounting_date = accounting_date + 40 WHERE kind = 'test' AND batch = 840000 AND cause = 0 AND lines = 2`, []string{"the header was changed"}, true},
		"a text":                         {`UPDATE ledger.voucher SET text = 'x' WHERE id = (SELECT max(id) FROM ledger.voucher)`, []string{"the header was changed"}, true},
		"a cause":                        {`UPDATE ledger.voucher SET cause = 0 WHERE key LIKE 'drawn%'`, []string{"the header was changed"}, true},
		"header and digest":              {`UPDATE ledger.voucher SET digest = decode(repeat('ab', 32), 'hex') WHERE id = (SELECT max(id) FROM ledger.voucher)`, []string{"the header was changed"}, true},
		"a total":                        {`UPDATE ledger.voucher_account SET debit = debit + 1 WHERE voucher = (SELECT min(id) FROM ledger.voucher) AND debit > 0`, []string{"draw 10000000", "totals"}, true},
		"both totals":                    {`UPDATE ledger.voucher_account SET debit = debit * 2, credit = credit * 2`, []string{"totals of account"}, false},
		"totals gone":                    {`DELETE FROM ledger.voucher_account WHERE voucher = (SELECT max(id) FROM ledger.voucher)`, []string{"totals"}, true},
		"a link of the chain":            {`UPDATE ledger.seal SET hash = decode(repeat('ab', 32), 'hex') WHERE chain_no = 3`, []string{"chain no. 3 has another hash"}, true},
		"a link gone":                    {`DELETE FROM ledger.seal WHERE chain_no = 3`, []string{"chain no. 4 follows no. 2"}, true},
		"a voucher gone":                 {`DELETE FROM ledger.voucher WHERE id = (SELECT max(id) FROM ledger.voucher)`, []string{"which does not exist"}, true},
		"a new arrow":                    {`INSERT INTO ledger.arrow VALUES ('paid', 2)`, []string{`leg 2 "ordered" is not as in this program`}, true},
		"another account for a movement": {`UPDATE ledger.leg_accounts SET credit_role = 'other' WHERE leg = 2`, []string{`leg 2 "ordered"`}, true},
		"a book of an account":           {`INSERT INTO ledger.book VALUES (99, 'x', 'x', '2026-01-01'); UPDATE ledger.account SET book = 99 WHERE role = 'out'`, []string{"an account is of another book"}, false},
		"a guard":                        {`ALTER TABLE ledger.line_m1 DISABLE TRIGGER append_only`, []string{"ledger.line_m1 lacks its guard"}, true},
		"a guard against TRUNCATE":       {`DROP TRIGGER append_only_truncate ON ledger.line_b840000_2`, []string{"ledger.line_b840000_2 lacks its guard"}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, db := filled(t)
			pgtest.ExpectBroken(t, db)
			super := pgtest.Superuser(t, db)
			if _, err := super.Exec(t.Context(), `SET session_replication_role = replica; `+tt.change); err != nil {
				t.Fatal(err)
			}
			for _, fast := range []bool{false, true} {
				report, err := ledger.Verify(t.Context(), db, ledger.VerifyOptions{Fast: fast})
				if err != nil {
					t.Fatal(err)
				}
				if found := finds(report, tt.want); found != (!fast || tt.fast) {
					t.Errorf("fast %v: found %v, findings:\n%v", fast, found, report.Findings)
				}
				if err := report.Err(); (err == nil) != report.OK() {
					t.Errorf("Err is %v, OK %v", err, report.OK())
				}
			}
		})
	}
}

func finds(report ledger.Report, want []string) bool {
	for _, f := range report.Findings {
		all := true
		for _, part := range want {
			all = all && strings.Contains(f.String(), part)
		}
		if all {
			return true
		}
	}
	return false
}

func TestVerifyWithAnAnchor(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b, db := filled(t)
	old, err := ledger.ReadHead(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	b.mustMove("later", 0, ledger.Allot(programme, 5)...)
	if _, _, err := ledger.Seal(ctx, db, now); err != nil {
		t.Fatal(err)
	}
	lines := int64(0)
	report, err := ledger.Verify(ctx, db, ledger.VerifyOptions{Anchor: &old, Progress: func(done, _ int64) { lines = done }})
	if err != nil || !report.OK() || report.Unsealed != 0 || report.Head.ChainNo != old.ChainNo+1 || report.Lines != 22 || lines != 22 {
		t.Errorf("with the head of yesterday: %+v, %v, progress %d", report, err, lines)
	}
	for name, anchor := range map[string]ledger.Head{
		"another hash": {ChainNo: old.ChainNo, Hash: report.Head.Hash},
		"a later head": {ChainNo: old.ChainNo + 9, Hash: old.Hash},
	} {
		report, err := ledger.Verify(ctx, db, ledger.VerifyOptions{Anchor: &anchor, Fast: true})
		if err != nil || !finds(report, []string{"is not on this chain"}) {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// TestALineThatBypassedPostIsFound copies lines as the engine's role, which may
// insert, without a voucher of their own.
func TestALineThatBypassedPostIsFound(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, db := filled(t)
	pgtest.ExpectBroken(t, db)
	_, err := db.Exec(ctx, `INSERT INTO ledger.line_b840000_4
		SELECT payment, amount, voucher, batch, debit, credit, tag, 4, attempt, about, 9, red FROM ledger.line WHERE batch = 840000 AND payment = 1 AND seq = 3`)
	if err != nil {
		t.Fatal(err)
	}
	report, err := ledger.Verify(ctx, db, ledger.VerifyOptions{})
	if err != nil || !finds(report, []string{"line 840000/1/4"}) || !finds(report, []string{"3 lines are stored, the header says 2"}) {
		t.Errorf("%v, %v", report.Findings, err)
	}
	ties, err := ledger.CheckTies(ctx, db)
	if err != nil || len(ties) == 0 {
		t.Errorf("no tie fails: %v", err)
	}
}
