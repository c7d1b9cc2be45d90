package records_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/bench"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/registry"
	"ansinh/reports/filing"
	"ansinh/web/records"
)

// grows names the tables that grow with payments, people or acts: a page that
// scans one of them is slow at ten million. (Lines without a payment, line_0_…,
// are a few hundred here, so the planner may read them whole.)
var grows = regexp.MustCompile(`Seq Scan on (line_[mb]\w+|payment|attempt|entitlement|exception|person|witness|outcome|entry|booking|break_item|record|chain)\b`)

// plans is where the plans of all queries are put, a file for each list.
var plans = flag.String("plans", "", "folder for the plans of every query of this package, with the rows they read")

// readMax is how many rows all scans of one query may read together: a count that
// stops at records.CountMax, a walk that stops, a page. A batch of the city has more
// than twice as many, so a query that walks one fails whatever its plan is called.
const readMax = 5_500

// planner explains every query that passes through it, then lets it run.
type planner struct {
	t    *testing.T
	conn *pgx.Conn
	name string
}

func (p planner) explain(ctx context.Context, sql string, args []any) {
	p.t.Helper()
	text, rest := sql, args
	if len(args) == 1 {
		if named, ok := args[0].(pgx.NamedArgs); ok {
			var err error
			if text, rest, err = named.RewriteQuery(ctx, p.conn, sql, nil); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	rows, err := p.conn.Query(ctx, "EXPLAIN "+text, rest...)
	p.read("with these arguments", text, rows, err)
	p.weigh(ctx, text, rest)
	if _, err := p.conn.Exec(ctx, "PREPARE page AS "+text, pgx.QueryExecModeSimpleProtocol); err != nil {
		p.t.Fatal(err)
	}
	execute := "EXPLAIN EXECUTE page"
	if len(rest) > 0 {
		execute += "(NULL" + strings.Repeat(", NULL", len(rest)-1) + ")"
	}
	rows, err = p.conn.Query(ctx, execute, pgx.QueryExecModeSimpleProtocol)
	p.read("for any arguments", text, rows, err)
	if _, err := p.conn.Exec(ctx, "DEALLOCATE page"); err != nil {
		p.t.Fatal(err)
	}
}

func (p planner) read(how, sql string, rows pgx.Rows, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		p.t.Fatalf("explain: %v\n%s", err, sql)
	}
	plan := strings.Join(lines, "\n")
	p.keep(how, sql, plan)
	if found := grows.FindString(plan); found != "" {
		p.t.Errorf("planned %s, it has a %s:\n%s\n%s", how, found, sql, plan)
	}
}

// weigh runs the query and counts what its scans read, kept or not.
func (p planner) weigh(ctx context.Context, sql string, args []any) {
	p.t.Helper()
	var text []byte
	if err := p.conn.QueryRow(ctx, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "+sql, args...).Scan(&text); err != nil {
		p.t.Fatal(err)
	}
	var plan any
	if err := json.Unmarshal(text, &plan); err != nil {
		p.t.Fatal(err)
	}
	if rows := rowsRead(plan); rows > readMax {
		p.t.Errorf("%.0f rows are read, more than %d:\n%s\n%s", rows, readMax, sql, text)
	}
}

// rowsRead adds up the rows that the scans of a plan touched in tables.
func rowsRead(node any) (rows float64) {
	switch n := node.(type) {
	case []any:
		for _, one := range n {
			rows += rowsRead(one)
		}
	case map[string]any:
		number := func(key string) float64 { v, _ := n[key].(float64); return v }
		if _, ok := n["Relation Name"].(string); ok {
			rows += (number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck")) * number("Actual Loops")
		}
		for _, one := range n {
			rows += rowsRead(one)
		}
	}
	return rows
}

// keep writes a plan where -plans asks for it.
func (p planner) keep(how, sql, plan string) {
	if *plans == "" {
		return
	}
	file, err := os.OpenFile(filepath.Join(*plans, strings.ReplaceAll(p.name, " ", "-")+".txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(file, "%s\n-- planned %s\n%s\n\n", strings.TrimSpace(sql), how, plan); err != nil {
		p.t.Error(err)
	}
	if err := file.Close(); err != nil {
		p.t.Error(err)
	}
}

// Query explains and runs.
func (p planner) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	p.explain(ctx, sql, args)
	return p.conn.Query(ctx, sql, args...)
}

// QueryRow explains and runs.
func (p planner) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	p.explain(ctx, sql, args)
	return p.conn.QueryRow(ctx, sql, args...)
}

var _ pgdb.Querier = planner{}

// Every list and look-up of this package, with the arguments that pages give.
func TestNoPageScans(t *testing.T) {
	t.Parallel()
	city, db := newCity(t, 12_000, 2)
	conn, err := pgx.Connect(t.Context(), pgURL(t, db))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `SET search_path TO ''; SET ROLE ansinh_engine; SET plan_cache_mode = force_generic_plan; SET jit = off`); err != nil {
		t.Fatal(err)
	}
	now := calendar.Must(2026, 2, 20).At(9, 0)
	voucher := newestVoucher(t, db, "reconciliation")
	submission := newestOf(t, db, `SELECT max(a.submission) FROM payout.exception AS x JOIN payout.attempt AS a USING (batch, payment, attempt) WHERE x.kind = 'doubt'`)
	file := newestOf(t, db, `SELECT max(file) FROM reconciliation.witness`)
	someBreak := newestOf(t, db, `SELECT max(id) FROM reconciliation.break_item`)
	account := newestOf(t, db, `SELECT account FROM ledger.voucher_account GROUP BY account ORDER BY count(*) DESC LIMIT 1`)
	someRange := records.Range{From: calendar.Must(2026, 1, 15), To: calendar.Must(2026, 2, 10), Known: now}

	reads := map[string]func(ctx context.Context, q pgdb.Querier) error{
		"banks": func(ctx context.Context, q pgdb.Querier) error {
			_, err := records.Banks(ctx, q, calendar.DateOf(now))
			return err
		},
		"doubts":                    doubts("", records.DoubtKey{}, now),
		"doubts later":              doubts("A", records.DoubtKey{Since: now.AddDate(0, -1, 0), Submission: 9}, now),
		"batches":                   batches(records.BatchFilter{}),
		"batches searched":          batches(records.BatchFilter{Text: "mẫu", Has: "paying", Programme: "TET26", Sort: "total", Page: 2}),
		"batches of a unit":         batches(records.BatchFilter{Unit: "00004"}),
		"home":                      home(records.Viewer{ID: "do-trang", Role: "department"}, now),
		"home of a unit":            home(records.Viewer{ID: "chu-tich-00004", Role: "approver", Unit: "00004"}, now),
		"a batch":                   oneBatch(city.Batch[1]),
		"payments":                  payments(records.PaymentFilter{Batch: city.Batch[0], Page: 7}),
		"payments of a unit":        payments(records.PaymentFilter{Batch: city.Batch[0], Unit: "00004", Page: 1}),
		"payments of a section":     payments(records.PaymentFilter{Batch: city.Batch[0], Section: 5, Channel: "P1", Page: 1}),
		"payments paid":             payments(records.PaymentFilter{Batch: city.Batch[0], State: "paid", After: 40}),
		"payments approved":         payments(records.PaymentFilter{Batch: city.Batch[1], State: "approved"}),
		"payments rejected":         payments(records.PaymentFilter{Batch: city.Batch[0], State: "rejected", After: 400}),
		"payments rejected at bank": payments(records.PaymentFilter{Batch: city.Batch[0], State: "rejected", Channel: "B"}),
		"payments in doubt":         payments(records.PaymentFilter{Batch: city.Batch[0], State: "in_doubt"}),
		"payments in doubt at bank": payments(records.PaymentFilter{Batch: city.Batch[0], State: "in_doubt", Channel: "P1"}),
		"a payment": func(ctx context.Context, q pgdb.Querier) error {
			_, err := records.ReadTrail(ctx, q, payout.Ref{Batch: city.Batch[0], Payment: 17})
			return err
		},
		"doubt payments": func(ctx context.Context, q pgdb.Querier) error {
			_, _, err := records.DoubtPayments(ctx, q, submission, 3, 0)
			return err
		},
		"breaks":          breaks(records.BreakFilter{}),
		"breaks later":    breaks(records.BreakFilter{After: records.BreakKey{ID: 9, Amount: 400_000}}),
		"breaks largest":  breaks(records.BreakFilter{Order: records.BreakLargest, After: records.BreakKey{ID: 9, Amount: 400_000}}),
		"breaks of bank":  breaks(records.BreakFilter{Channel: "P1", Reason: reconciliation.ReasonSecondDebit, Owner: "-"}),
		"breaks of batch": breaks(records.BreakFilter{Batch: city.Batch[0]}),
		"closed breaks":   breaks(records.BreakFilter{Closed: true}),
		"break owners":    func(ctx context.Context, q pgdb.Querier) error { _, err := records.BreakOwners(ctx, q); return err },
		"a break": func(ctx context.Context, q pgdb.Querier) error {
			_, err := records.ReadBreak(ctx, q, someBreak)
			return err
		},
		"files":           files(records.FileFilter{}),
		"files of a bank": files(records.FileFilter{Channel: "A", Verdict: "taken", Before: 12}),
		"a file": func(ctx context.Context, q pgdb.Querier) error {
			if _, err := records.ReadFile(ctx, q, file); err != nil {
				return err
			}
			_, _, err := records.StatementLines(ctx, q, file, 40, 0)
			return err
		},
		"an account": func(ctx context.Context, q pgdb.Querier) error {
			a, err := records.ReadAccount(ctx, q, ledger.AccountID(account), someRange)
			if err != nil {
				return err
			}
			_, _, err = records.Movements(ctx, q, a.ID, someRange, a.Opening, voucher-50, 0)
			return err
		},
		"a voucher": func(ctx context.Context, q pgdb.Querier) error {
			v, err := records.ReadVoucher(ctx, q, voucher)
			if err != nil {
				return err
			}
			if _, _, err = records.VoucherLines(ctx, q, v, records.LineKey{}, 0); err != nil {
				return err
			}
			_, _, err = records.VoucherLines(ctx, q, v, records.LineKey{Payment: 900, Seq: 3}, 0)
			return err
		},
		"a submission": func(ctx context.Context, q pgdb.Querier) error {
			if _, err := records.ReadSubmission(ctx, q, submission); err != nil {
				return err
			}
			if _, _, err := records.SubmissionAnswers(ctx, q, submission, 0); err != nil {
				return err
			}
			_, _, err := records.OrderVouchers(ctx, q, submission, 0)
			return err
		},
		"acts":            acts(records.ActFilter{}),
		"acts of a day":   acts(records.ActFilter{From: now.AddDate(0, -1, 0), To: now, Before: records.ActKey{At: now.AddDate(0, 0, -20), ID: 30}}),
		"acts of a kind":  acts(records.ActFilter{Act: "section.approve"}),
		"acts of a man":   acts(records.ActFilter{Actor: "chu-tich-00004"}),
		"acts on a thing": acts(records.ActFilter{Subject: fmt.Sprintf("section/%d/3", city.Batch[0])}),
		"kinds of acts":   func(ctx context.Context, q pgdb.Querier) error { _, err := records.ActKinds(ctx, q); return err },
		"find by id":      find(city, records.Wanted{ID: bench.CityID(5)}),
		"find by phone":   find(city, records.Wanted{Phone: bench.CityPhone(6)}),
		"find by name":    find(city, records.Wanted{Name: "Hoàng Thị Mẫu 7", Born: 1942, Unit: ""}),
		"lists":           lists(records.ListFilter{}), "lists of a unit": lists(records.ListFilter{Programme: "TET26", Before: 900_200}),
		"rows that wait":           openRows(records.OpenRowFilter{}, now),
		"rows that wait of a unit": openRows(records.OpenRowFilter{Programme: "TET26", Unit: "00004", Code: "dead", DueBefore: calendar.DateOf(now), Page: 2}, now),
		"reports": func(ctx context.Context, q pgdb.Querier) error {
			if _, _, err := records.FiledList(ctx, q, records.FiledFilter{}); err != nil {
				return err
			}
			_, _, err := records.NewestFiled(ctx, q, filing.Timeliness, city.Batch[0])
			return err
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			if err := read(t.Context(), planner{t, conn, name}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func doubts(channel bankadapters.Key, after records.DoubtKey, now time.Time) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		_, err := records.Doubts(ctx, q, channel, after, 0, now)
		return err
	}
}

func batches(f records.BatchFilter) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.Programmes(ctx, q); err != nil {
			return err
		}
		_, err := records.Batches(ctx, q, f)
		return err
	}
}

func home(who records.Viewer, now time.Time) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.ReadDesk(ctx, q, who.Unit); err != nil {
			return err
		}
		if _, _, err := records.Waiting(ctx, q, who); err != nil {
			return err
		}
		if _, err := records.OpenBatches(ctx, q, who.Unit); err != nil {
			return err
		}
		if _, err := records.ReadIntake(ctx, q, who.Unit, calendar.DateOf(now)); err != nil {
			return err
		}
		_, err := records.Today(ctx, q, who.Unit, now)
		return err
	}
}

func oneBatch(id ledger.BatchID) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.ReadFigures(ctx, q, id); err != nil {
			return err
		}
		if _, err := records.Channels(ctx, q, id); err != nil {
			return err
		}
		if _, err := records.BatchBreaks(ctx, q, id); err != nil {
			return err
		}
		if _, err := records.CountSections(ctx, q, id, ""); err != nil {
			return err
		}
		_, err := records.Sections(ctx, q, id, records.SectionFilter{Page: 2})
		return err
	}
}

func payments(f records.PaymentFilter) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		page, err := records.Payments(ctx, q, f)
		if err == nil && len(page.Rows) == 0 {
			return fmt.Errorf("no payment was found by %+v", f)
		}
		return err
	}
}

func breaks(f records.BreakFilter) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, _, err := records.CountBreaks(ctx, q, f); err != nil {
			return err
		}
		_, _, err := records.BreakList(ctx, q, f)
		return err
	}
}

func files(f records.FileFilter) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.CountFiles(ctx, q, f); err != nil {
			return err
		}
		_, _, err := records.Files(ctx, q, f)
		return err
	}
}

func acts(f records.ActFilter) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.CountActs(ctx, q, f); err != nil {
			return err
		}
		_, _, err := records.Acts(ctx, q, f)
		return err
	}
}

func find(city *bench.City, w records.Wanted) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		hits, _, err := records.Find(ctx, q, city.Keys, w)
		if err == nil && len(hits) == 0 {
			return fmt.Errorf("nobody was found by %s", w.Way())
		}
		return err
	}
}

func lists(f records.ListFilter) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.CountLists(ctx, q, f); err != nil {
			return err
		}
		page, _, err := records.Lists(ctx, q, f)
		if err != nil || len(page) == 0 {
			return fmt.Errorf("lists: %d, %w", len(page), err)
		}
		if _, err := records.ReadListHead(ctx, q, page[0].ID); err != nil {
			return err
		}
		if _, err = records.ListFindings(ctx, q, page[0].ID); err != nil {
			return err
		}
		_, err = records.ListChanges(ctx, q, page[0].ID, "added", 2)
		return err
	}
}

func openRows(f records.OpenRowFilter, now time.Time) func(context.Context, pgdb.Querier) error {
	return func(ctx context.Context, q pgdb.Querier) error {
		if _, err := records.OpenRowCodes(ctx, q, f.Unit); err != nil {
			return err
		}
		if _, err := records.OpenRows(ctx, q, f); err != nil {
			return err
		}
		if _, err := records.RowAssignments(ctx, q, registry.RowRef{List: 1, Row: 3}); err != nil {
			return err
		}
		if _, err := records.Owners(ctx, q, "00004", calendar.DateOf(now)); err != nil {
			return err
		}
		if _, err := records.FreshSums(ctx, q, now); err != nil {
			return err
		}
		_, err := records.ReadRow(ctx, q, registry.RowRef{List: 1, Row: 3})
		if kind, _ := errs.Read(err); kind == errs.NotFound {
			return nil
		}
		return err
	}
}
