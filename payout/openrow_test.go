package payout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/payout"
	"ansinh/registry"
)

func TestDecisionsOnRowsAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "registry.refused_row", "registry.row_decision", "payout.carried_row", "registry.row_assignment")
}

// open lists the rows that wait, as "batch list/row why".
func (o *office) openRows(filter payout.OpenRowFilter) []string {
	o.t.Helper()
	found, err := payout.OpenRows(o.t.Context(), o.db, filter)
	if err != nil {
		o.t.Fatal(err)
	}
	n, err := payout.CountOpenRows(o.t.Context(), o.db, filter)
	if err != nil || int(n) != len(found) {
		o.t.Fatalf("%d rows are counted (%v), %d listed", n, err, len(found))
	}
	list := []string{}
	for _, r := range found {
		list = append(list, fmt.Sprintf("%d %d/%d %s", r.Batch, r.List, r.Row, r.Codes))
	}
	return list
}

func (o *office) decide(d payout.RowsDecision) (n int, err error) {
	o.t.Helper()
	err = pgdb.InTx(o.t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error {
		n, err = payout.DecideRows(ctx, tx, d, o.now)
		return err
	})
	return n, err
}

func row(list int64, no int) payout.OpenRowFilter {
	return payout.OpenRowFilter{Rows: []registry.RowRef{{List: list, Row: no}}}
}

// Nobody is left out in silence: each refused row and each row without a payment
// waits until it is decided, and a moved one waits for the next cut of its commune.
func TestRowsThatWereNotTakenStayOpenUntilDecided(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, stranger, "A", 0}, entry{1, poor, "A", 0})
	if got, want := o.openRows(payout.OpenRowFilter{}), []string{"0 1/101 LIST-ID-EMPTY", "0 1/102 LIST-ID-EMPTY"}; !cmp.Equal(got, want) {
		t.Errorf("before the plan %v are open, want %v", got, want)
	}
	first := o.declare("TET26", 9, 9_000_000)
	o.plan(first, list)
	at := func(batch any, row int, code string) string {
		return fmt.Sprintf("%v %d/%d %s", batch, list, row, code)
	}
	// Row 9 repeats row 7: the right is claimed, nobody is left out.
	want := []string{at(first, 8, "no_rule"), at(first, 101, "LIST-ID-EMPTY"), at(first, 102, "LIST-ID-EMPTY")}
	if got := o.openRows(payout.OpenRowFilter{Batch: first}); !cmp.Equal(got, want) {
		t.Errorf("after the plan %v are open, want %v", got, want)
	}

	n, err := o.decide(payout.RowsDecision{Kind: registry.RowDropped, Rows: row(list, 8), Reason: "không thuộc chương trình", ByOne: "hung", ByTwo: "mai"})
	if n != 1 || err != nil {
		t.Fatalf("dropping decided %d rows: %v", n, err)
	}
	if n, err := o.decide(payout.RowsDecision{Kind: registry.RowMoved, Rows: row(list, 101), Reason: "chờ cấp lại căn cước", ByOne: "hung"}); n != 1 || err != nil {
		t.Fatalf("moving decided %d rows: %v", n, err)
	}
	if got, want := o.openRows(payout.OpenRowFilter{}), []string{at(0, 101, "LIST-ID-EMPTY"), at(first, 102, "LIST-ID-EMPTY")}; !cmp.Equal(got, want) {
		t.Errorf("after two decisions %v are open, want %v", got, want)
	}
	if got := o.sheet(first, 1).Changes.Outside; got != 1 {
		t.Errorf("the approval sheet says %d are outside, want 1", got)
	}

	// The next cut of another commune does not answer for the row; that of its own does.
	elsewhere := o.declare("TET26", 9, 9_000_000)
	o.plan(elsewhere, o.list("TET26", ngocHa, entry{3, poor, "A", 0}))
	if got := o.openRows(row(list, 101)); !cmp.Equal(got, []string{at(0, 101, "LIST-ID-EMPTY")}) {
		t.Errorf("after the cut of another commune %v waits", got)
	}
	second := o.declare("TET26", 9, 9_000_000)
	late := o.list("TET26", baDinh, entry{4, poor, "A", 0})
	o.plan(second, late)
	if got := o.openRows(row(list, 101)); !cmp.Equal(got, []string{at(second, 101, "LIST-ID-EMPTY")}) {
		t.Errorf("after the next cut %v waits, want it at batch %d", got, second)
	}
	// Anybody's row would do to end the waiting: one person alone may name only a row
	// that is plainly the same person's.
	stands := payout.RowsDecision{Kind: registry.RowCorrected, Rows: row(list, 101), As: registry.RowRef{List: late, Row: 7}, Reason: "một người, tên ghi sai", ByOne: "hung"}
	_, err = o.decide(stands)
	wantCode(t, err, "PAYOUT-TWO-PEOPLE")
	stands.ByTwo = "mai"
	n, err = o.decide(stands)
	if n != 1 || err != nil {
		t.Fatalf("correcting decided %d rows: %v", n, err)
	}
	if got := o.openRows(row(list, 101)); len(got) > 0 {
		t.Errorf("a corrected row still waits: %v", got)
	}
}

// The claim of another batch settles a row; when that claim is given up the row
// waits again.
func TestARowWaitsAgainWhenTheClaimElsewhereIsGivenUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.approved(1)
	again := o.declare("TET26", 9, 9_000_000)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{5, poor, "A", 0})
	o.plan(again, list)
	if got := o.openRows(row(list, 7)); len(got) > 0 {
		t.Fatalf("a row paid by batch %d waits: %v", first, got)
	}
	err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: first, Payments: []int64{1}, Reason: "lập nhầm", ByOne: "hung", ByTwo: "mai"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := o.openRows(row(list, 7)), []string{fmt.Sprintf("%d %d/7 already", again, list)}; !cmp.Equal(got, want) {
		t.Errorf("after the cancellation %v waits, want %v", got, want)
	}
}

func TestDecideRowsRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0})
	for name, tt := range map[string]struct {
		d    payout.RowsDecision
		code string
	}{
		"dropping by one person": {payout.RowsDecision{Kind: registry.RowDropped, Rows: row(list, 101), Reason: "trùng", ByOne: "hung", ByTwo: "hung"},
			"PAYOUT-TWO-PEOPLE"},
		"dropping without a reason": {payout.RowsDecision{Kind: registry.RowDropped, Rows: row(list, 101), ByOne: "hung", ByTwo: "mai"}, "PAYOUT-TWO-PEOPLE"},
		"moving without a reason":   {payout.RowsDecision{Kind: registry.RowMoved, Rows: row(list, 101), Reason: " ", ByOne: "hung"}, "PAYOUT-ROW-REASON"},
		"a person not in office":    {payout.RowsDecision{Kind: registry.RowMoved, Rows: row(list, 101), Reason: "chờ", ByOne: "ai-do"}, "PAYOUT-SIGNER-UNKNOWN"},
		"a row that does not wait":  {payout.RowsDecision{Kind: registry.RowMoved, Rows: row(list, 7), Reason: "chờ", ByOne: "hung"}, "PAYOUT-NO-OPEN-ROW"},
		"a correction not taken": {payout.RowsDecision{Kind: registry.RowCorrected, Rows: row(list, 101), As: registry.RowRef{List: list, Row: 102}, ByOne: "hung"},
			"PAYOUT-ROW-NOT-TAKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := o.decide(tt.d)
			wantCode(t, err, tt.code)
		})
	}
	if got := o.openRows(payout.OpenRowFilter{}); len(got) != 2 {
		t.Errorf("after refused decisions %v wait, want both rows", got)
	}
}

// An open row changes hands and its deadline moves, twice by anybody in office;
// every change is kept with who and why.
func TestAnOpenRowChangesHandsAndItsDeadlineMovesTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0})
	day := calendar.DateOf(o.now).AddDays
	assign := func(a payout.RowsAssignment) (n int, err error) {
		t.Helper()
		if a.Rows.Batch == 0 && len(a.Rows.Rows) == 0 {
			a.Rows = row(list, 101)
		}
		err = pgdb.InTx(t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error {
			n, err = payout.AssignRows(ctx, tx, a, o.now)
			return err
		})
		return n, err
	}
	want := func(owner string, due calendar.Date) {
		t.Helper()
		got, err := payout.OpenRows(t.Context(), o.db, row(list, 101))
		if err != nil || len(got) != 1 || got[0].Owner != owner || got[0].Due != due {
			t.Errorf("the row waits as %+v, %v; want it with %s until %s", got, err, owner, due)
		}
	}
	for name, tt := range map[string]struct {
		a    payout.RowsAssignment
		code string
	}{
		"without a reason":     {payout.RowsAssignment{Owner: "hung", By: "mai", Why: " "}, "PAYOUT-ROW-ASSIGN"},
		"nothing new":          {payout.RowsAssignment{By: "mai", Why: "nghỉ ốm"}, "PAYOUT-ROW-ASSIGN"},
		"a day that is over":   {payout.RowsAssignment{Due: day(-1), By: "mai", Why: "nghỉ ốm"}, "PAYOUT-ROW-ASSIGN"},
		"to nobody we know":    {payout.RowsAssignment{Owner: "ai-do", By: "mai", Why: "nghỉ ốm"}, "PAYOUT-SIGNER-UNKNOWN"},
		"by nobody we know":    {payout.RowsAssignment{Owner: "hung", By: "ai-do", Why: "nghỉ ốm"}, "PAYOUT-SIGNER-UNKNOWN"},
		"a row that was taken": {payout.RowsAssignment{Rows: row(list, 7), Owner: "hung", By: "mai", Why: "nghỉ ốm"}, "PAYOUT-NO-OPEN-ROW"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := assign(tt.a)
			wantCode(t, err, tt.code)
		})
	}
	steps := []struct {
		a     payout.RowsAssignment
		owner string
		due   calendar.Date
	}{
		{payout.RowsAssignment{Owner: "hung", Due: day(20), By: "hung", Why: "lan nghỉ ốm"}, "hung", day(20)},
		{payout.RowsAssignment{Due: day(30), By: "hung", Why: "chờ công an xã"}, "hung", day(30)},
		{payout.RowsAssignment{Due: day(25), By: "hung", Why: "sớm hơn"}, "hung", day(25)},
		{payout.RowsAssignment{Owner: "mai", By: "hung", Why: "hung đi họp"}, "mai", day(25)},
	}
	for _, s := range steps {
		if n, err := assign(s.a); n != 1 || err != nil {
			t.Fatalf("assign %+v: %d rows, %v", s.a, n, err)
		}
		want(s.owner, s.due)
	}
	_, err := assign(payout.RowsAssignment{Due: day(40), By: "hung", Why: "chờ nữa"})
	wantCode(t, err, "PAYOUT-ROW-POSTPONED")
	want("mai", day(25))
	if n, err := assign(payout.RowsAssignment{Due: day(40), By: "mai", Why: "sở đồng ý"}); n != 1 || err != nil {
		t.Fatalf("the department: %d rows, %v", n, err)
	}
	want("mai", day(40))
	if n := o.rows(`SELECT count(*)::text FROM audit.record WHERE act = 'list.row.assign'`)[0]; n != "5" {
		t.Errorf("assignments on record = %s, want 5", n)
	}
}

func TestReadRefusedRowOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	keys, err := crypt.DeriveKeys(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	_, err = payout.ReadRefusedRow(t.Context(), o.db, keys, registry.RowRef{List: 1, Row: 9}, "hung", o.now)
	wantCode(t, err, "PAYOUT-NO-OPEN-ROW")
}

// What is plainly one person's needs no second person: the same name and year of
// birth, or the same record.
func TestOnePersonNamesTheSamePersonsRow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.list("TET26", baDinh, entry{1, poor, "", 0}, entry{2, poor, "A", 0})
	o.plan(o.declare("TET26", 9, 9_000_000), first)
	o.exec(`UPDATE registry.person SET name_fold = 'le thi 101', birth_year = 1950 WHERE id = 1`)
	o.exec(`INSERT INTO registry.refused_row (list, row_no, name, name_fold, birth_year, category, codes, message, owner, due)
		VALUES ($1, 103, 'Lê Thị 101', 'le thi 101', 1950, '', 'LIST-ID-EMPTY', '', 'lan', '2026-02-01')`, first)
	late := o.list("TET26", baDinh, entry{1, poor, "A", 0})
	for _, no := range []int{7, 103} {
		n, err := o.decide(payout.RowsDecision{Kind: registry.RowCorrected, Rows: row(first, no), As: registry.RowRef{List: late, Row: 7}, ByOne: "hung"})
		if n != 1 || err != nil {
			t.Errorf("row %d: decided %d, %v", no, n, err)
		}
	}
}

// testRefusedForAClaim is rows refused because a batch holds the right of person 1.
const testRefusedForAClaim = `
INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due, claimed_person, claimed_batch)
SELECT $1, $2::integer + n, '', '', '', 'LIST-PERSON-BATCH', '', 'lan', '2026-01-27', 1, $4 FROM generate_series(1, $3::integer) AS n`

// Whoever refuses a row for a right, and whoever gives that right up beside it, each
// would miss what the other has not committed: the second waits, and the row is open.
func TestARowRefusedWhileItsRightIsGivenUpIsOpen(t *testing.T) {
	t.Parallel()
	const giveUp = `
INSERT INTO payout.entitlement_release (programme, rule, person, subject, month, n, batch, reason, by_one, by_two, at)
SELECT programme, rule, person, subject, month, n, batch, 'nhầm', 'hung', 'mai', $1 FROM payout.entitlement`
	for name, refusedFirst := range map[string]bool{"refused first": true, "given up first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			list := o.list("TET26", baDinh, entry{1, poor, "A", 0})
			batch := o.declare("TET26", 9, 9_000_000)
			o.plan(batch, list)
			run := func(db pgdb.Querier, sql string, args ...any) error {
				rows, err := db.Query(t.Context(), sql, args...)
				if err == nil {
					rows.Close()
					err = rows.Err()
				}
				return err
			}
			refuse := func(db pgdb.Querier) error { return run(db, testRefusedForAClaim, list, 200, 1, batch) }
			release := func(db pgdb.Querier) error { return run(db, giveUp, o.now) }
			first, second := release, refuse
			if refusedFirst {
				first, second = refuse, release
			}
			tx, err := o.db.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := first(tx); err != nil {
				t.Fatal(err)
			}
			done := make(chan error)
			go func() { done <- second(o.db) }()
			super, waiting := pgtest.Superuser(t, o.db), 0
			for waiting == 0 {
				select {
				case err := <-done:
					t.Fatalf("the second did not wait for the first: %v", err)
				default:
				}
				if err := super.QueryRow(t.Context(), testWaiting).Scan(&waiting); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(tx.Commit(t.Context()), <-done); err != nil {
				t.Fatal(err)
			}
			of := payout.OpenRowFilter{Code: string(registry.PersonBatch)}
			if got, want := o.openRows(of), []string{fmt.Sprintf("%d %d/201 LIST-PERSON-BATCH", batch, list)}; !cmp.Equal(got, want) {
				t.Errorf("open %v, want %v", got, want)
			}
		})
	}
}

// With one snapshot for a whole transaction the lock would show nothing new.
func TestRightsAreGivenUpAtReadCommittedOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0})
	err := pgdb.InTxSerializable(t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, testRefusedForAClaim, list, 200, 1, 13001)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "at read committed only") {
		t.Errorf("a row refused for a right in a serializable transaction: %v, want it refused", err)
	}
}

// buffers is how many pages a query touches.
func (o *office) buffers(sql string, args ...any) (pages int64) {
	o.t.Helper()
	var plan []struct {
		Plan struct {
			Hit  int64 `json:"Shared Hit Blocks"`
			Read int64 `json:"Shared Read Blocks"`
		}
	}
	if err := o.db.QueryRow(o.t.Context(), "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "+sql, args...).Scan(&plan); err != nil {
		o.t.Fatal(err)
	}
	return plan[0].Plan.Hit + plan[0].Plan.Read
}

// What was decided years ago, or was refused because a batch holds the right, costs
// nobody who asks what waits today.
func TestOpenRowsAreFoundWithoutWalkingTheDecidedOnes(t *testing.T) {
	t.Parallel()
	const few, many = 400, 40_000
	o := newOffice(t)
	waits := o.list("TET26", baDinh, entry{1, poor, "A", 0})
	batch := o.declare("TET26", 9, 9_000_000)
	o.plan(batch, waits)
	owner := pgtest.Superuser(t, o.db)
	settle := func(from, rows int) {
		o.exec(`INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due)
			SELECT $1, n, 'Lê Thị ' || n, 'le thi ' || n, '', 'LIST-ID-LENGTH', '', 'lan', '2026-01-27' FROM generate_series($2::integer, $3) AS n`, waits, from, from+rows-1)
		o.exec(`INSERT INTO registry.row_decision (list, row_no, n, kind, reason, by_one, by_two, at)
			SELECT list, row_no, 1, 'dropped', 'thôi hưởng', 'lan', 'hoa', '2026-01-28' FROM registry.refused_row WHERE row_no >= $1`, from)
		o.exec(testRefusedForAClaim, waits, 1_000_000+from, rows/10, batch)
		if _, err := owner.Exec(t.Context(), `VACUUM ANALYZE registry.refused_row, registry.row_decision, registry.undecided_row`); err != nil {
			t.Fatal(err)
		}
	}
	const all, ofCommune = `SELECT * FROM payout.open_row AS o`, `SELECT * FROM payout.open_row AS o WHERE o.unit_code = $1`
	settle(1_000, few)
	before := []int64{o.buffers(all), o.buffers(ofCommune, baDinh)}
	settle(100_000, many-few)
	after := []int64{o.buffers(all), o.buffers(ofCommune, baDinh)}
	t.Logf("pages with %d decided rows: %d, with %d: %d", few, before, many, after)
	for i := range before {
		if after[i] > 2*before[i] {
			t.Errorf("query %d touches %d pages with %d decided rows and %d with %d", i, before[i], few, after[i], many)
		}
	}
	if got := o.openRows(payout.OpenRowFilter{}); len(got) != 2 {
		t.Errorf("%v wait, want the two rows nobody decided", got)
	}
}

// The rows that may wait are kept by the database alone: whoever writes a list or a
// decision cannot take one out of sight, and one that is missing all the same is found.
func TestARowNobodyDecidedCannotBeTakenOutOfSight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0})
	for _, sql := range []string{`DELETE FROM registry.undecided_row`, `UPDATE registry.undecided_row SET moved = 1`, `INSERT INTO registry.undecided_row VALUES (1, 1, 0)`, `TRUNCATE registry.undecided_row`} {
		if _, err := o.db.Exec(t.Context(), sql); pgdb.State(err) != pgdb.InsufficientRight {
			t.Errorf("%s: %v, want that the engine may not", sql, err)
		}
	}
	if _, err := pgtest.Superuser(t, o.db).Exec(t.Context(), `DELETE FROM registry.undecided_row WHERE row_no = 102`); err != nil {
		t.Fatal(err)
	}
	pgtest.ExpectBroken(t, o.db)
	found, err := payout.CheckTallies(t.Context(), o.db)
	if err != nil || len(found) != 1 || found[0].Subject != fmt.Sprintf("list %d row 102", list) {
		t.Errorf("%v, %v: want the row that is out of sight", found, err)
	}
}
