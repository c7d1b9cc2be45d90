package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/reports"
)

// demoSummary is what `ansinh demo --json` prints. Amounts are texts of digits.
type demoSummary struct {
	Payments   int64            `json:"payments"`
	People     int64            `json:"people"`
	Total      string           `json:"total_vnd"`
	ByChannel  []channelSummary `json:"by_channel"`
	Paid       int64            `json:"paid"`
	Rejected   int64            `json:"rejected"`
	Returned   int64            `json:"returned"`
	InDoubt    int64            `json:"in_doubt"`
	AtProvider int64            `json:"at_provider"`
	Unsent     int64            `json:"unsent"`
	Owed       string           `json:"owed_vnd"`
	Breaks     map[string]int64 `json:"breaks"`
	Ledger     ledgerSummary    `json:"ledger"`
	Banks      []bankSummary    `json:"banks"`
	Phases     []phaseTime      `json:"phases"`
	PeakMB     int64            `json:"peak_rss_mb"` // of this process, the engine's
	used
	Workbook string `json:"workbook"`
}

type channelSummary struct {
	Channel  bankadapters.Key `json:"channel"`
	Name     string           `json:"name"`
	Payments int64            `json:"payments"`
	Total    string           `json:"total_vnd"`
	Paid     int64            `json:"paid"`
	PaidVND  string           `json:"paid_vnd"`
}

type ledgerSummary struct {
	Lines    int64  `json:"lines"`
	Vouchers int64  `json:"vouchers"`
	Head     string `json:"head"`
	Verified bool   `json:"verified"`
	TiesOK   bool   `json:"ties_ok"`
}

// bankSummary holds our word beside the bank's own book: paid must be what the
// book credited and did not take back, less what the bank doubled by itself.
type bankSummary struct {
	Bank          bankadapters.Key `json:"bank"`
	Paid          int64            `json:"paid"`
	PaidVND       string           `json:"paid_vnd"`
	BookCredited  int64            `json:"book_credited"`
	BookVND       string           `json:"book_credited_vnd"`
	DoubleCredits int64            `json:"double_credits"`
	agrees        bool
}

// verify re-walks the ledger and stops the demo if anything is wrong with it.
func (d *demo) verify(ctx context.Context) error {
	if err := d.seals(ctx); err != nil {
		return err
	}
	found, err := d.ledger(ctx)
	d.verified = &found
	return err
}

// ledger walks the ledger on one connection and holds its sums together on others.
func (d *demo) ledger(ctx context.Context) (ledgerSummary, error) {
	var report ledger.Report
	var ties, tallies []ledger.TieError
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	group.Go(func() (err error) {
		report, err = ledger.Verify(ctx, d.works.DB, ledger.VerifyOptions{})
		return err
	})
	group.Go(func() (err error) {
		ties, err = ledger.CheckTies(ctx, d.works.DB)
		return err
	})
	group.Go(func() (err error) {
		tallies, err = payout.CheckTallies(ctx, d.works.DB)
		return err
	})
	if err := group.Wait(); err != nil {
		return ledgerSummary{}, err
	}
	ties = append(ties, tallies...)
	for _, t := range ties {
		d.progress.say("    %s", t.Error())
	}
	for _, f := range report.Findings {
		d.progress.say("    %s", f)
	}
	return ledgerSummary{Lines: report.Lines, Vouchers: report.Vouchers, Head: report.Head.String(),
		Verified: report.OK() && report.Unsealed == 0, TiesOK: len(ties) == 0}, nil
}

// report writes the settlement workbook.
func (d *demo) report(ctx context.Context) error {
	if err := os.MkdirAll(d.e.path("reports"), 0o755); err != nil {
		return err
	}
	path := d.e.path("reports", fmt.Sprintf("quyet-toan-dot-%d.xlsx", d.batch()))
	files, err := reports.WriteBatch(ctx, d.works.DB, reports.Options{Batch: d.batch(), Now: d.now(), By: "Lê Văn Thử", Demo: true, Path: path})
	if err != nil {
		return err
	}
	d.state.Workbook = files[0].Path
	for _, f := range files {
		d.progress.say("    %s, %d rows", f.Path, f.Rows)
	}
	return nil
}

// finish compares our books with the banks' and prints what came out.
func (d *demo) finish(ctx context.Context) error {
	s, err := d.summarise(ctx)
	if err != nil {
		return err
	}
	if d.options.asJSON {
		err = d.e.printJSON(s)
	} else {
		err = d.print(s)
	}
	if err != nil {
		return err
	}
	d.progress.say("Data folder %s: lists/, reports/, sandbox/ (the banks' books), journal/; "+
		"look with: ansinh ledger trial-balance --dir %s", d.e.folder(), d.e.folder())
	if err := s.check(); err != nil || d.endsAlone() {
		return err
	}
	return d.serve(ctx)
}

// check is the demo's own judgement: every payment somewhere, and each bank's
// book what ours says.
func (s demoSummary) check() error {
	var wrong []string
	if sum := s.Paid + s.Rejected + s.Returned + s.InDoubt + s.AtProvider + s.Unsent; sum != s.Payments {
		wrong = append(wrong, fmt.Sprintf("the states add up to %d of %d payments", sum, s.Payments))
	}
	for _, b := range s.Banks {
		if !b.agrees {
			wrong = append(wrong, fmt.Sprintf("bank %s: %d paid (%s), its book %d credited (%s) less %d doubled", b.Bank, b.Paid, b.PaidVND, b.BookCredited, b.BookVND, b.DoubleCredits))
		}
	}
	if !s.Ledger.Verified || !s.Ledger.TiesOK {
		wrong = append(wrong, "the ledger does not verify")
	}
	if len(wrong) == 0 {
		return nil
	}
	var all error
	for _, w := range wrong {
		all = errors.Join(all, errors.New(w))
	}
	return fmt.Errorf("the demo does not agree: %w", all)
}

func (d *demo) summarise(ctx context.Context) (demoSummary, error) {
	d.state.add(d.meter.read()) // before the comparison with the banks' books, which is the demo's own work
	sum, err := reconciliation.Summarise(ctx, d.works.DB, d.batch())
	if err != nil {
		return demoSummary{}, err
	}
	s := demoSummary{Payments: sum.Payments, Total: sum.Total.Exact(), Paid: sum.Paid, Rejected: sum.Rejected, Returned: sum.Returned,
		InDoubt: sum.InDoubt + sum.AtBank, AtProvider: sum.AtProvider, Unsent: sum.Unsent, Owed: sum.Owed.Exact(), Breaks: map[string]int64{},
		Workbook: d.state.Workbook}
	for reason, n := range sum.Breaks {
		s.Breaks[string(reason)] = n
	}
	if err := d.works.DB.QueryRow(ctx, sqlDemoPeople, batchArgs(d.batch())).Scan(&s.People); err != nil {
		return s, fmt.Errorf("people: %w", err)
	}
	if d.verified != nil { // in this run, and nothing was posted since
		s.Ledger = *d.verified
	} else if s.Ledger, err = d.ledger(ctx); err != nil {
		return s, err
	}
	if s.ByChannel, err = d.byChannel(ctx); err != nil {
		return s, err
	}
	if s.Banks, err = d.compare(ctx); err != nil {
		return s, err
	}
	s.Phases, s.PeakMB, s.used = d.state.Phases, d.state.EnginePeakMB, d.state.used
	return s, d.state.save()
}

const sqlDemoPeople = `SELECT count(DISTINCT person) FROM payout.payment WHERE batch = @batch`

const sqlDemoChannels = `
SELECT c.key, c.name_vi, count(*), sum(p.amount)::bigint,
       count(*) FILTER (WHERE g.state = 'paid'), coalesce(sum(p.amount) FILTER (WHERE g.state = 'paid'), 0)::bigint
  FROM payout.payment AS p
 CROSS JOIN LATERAL (SELECT l.leg FROM ledger.line AS l WHERE l.batch = p.batch AND l.payment = p.no ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  JOIN payout.channel AS c ON c.key = p.channel
 WHERE p.batch = @batch
 GROUP BY c.key, c.name_vi, c.ordinal
 ORDER BY c.ordinal`

func (d *demo) byChannel(ctx context.Context) ([]channelSummary, error) {
	rows, _ := d.works.DB.Query(ctx, sqlDemoChannels, batchArgs(d.batch()))
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (channelSummary, error) {
		var c channelSummary
		var total, paid money.Amount
		err := row.Scan(&c.Channel, &c.Name, &c.Payments, &total, &c.Paid, &paid)
		c.Total, c.PaidVND = total.Exact(), paid.Exact()
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("channels: %w", err)
	}
	return list, nil
}

// sqlDemoAttempts says of every payment by which channel its last attempt went
// and where it stands.
const sqlDemoAttempts = `
SELECT p.no, s.channel, g.state, p.amount
  FROM payout.payment AS p
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l WHERE l.batch = p.batch AND l.payment = p.no ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  JOIN payout.attempt AS a ON a.batch = p.batch AND a.payment = p.no AND a.attempt = last.attempt
  JOIN payout.submission AS s ON s.no = a.submission
 WHERE p.batch = @batch`

// compare sets our word about each channel beside the book the bank keeps itself.
func (d *demo) compare(ctx context.Context) ([]bankSummary, error) {
	paid, vnd := map[bankadapters.Key]int64{}, map[bankadapters.Key]money.Amount{}
	open := map[int64]bool{}
	rows, _ := d.works.DB.Query(ctx, sqlDemoAttempts, batchArgs(d.batch()))
	var no int64
	var key bankadapters.Key
	var state ledger.State
	var amount money.Amount
	_, err := pgx.ForEachRow(rows, []any{&no, &key, &state, &amount}, func() error {
		if state == ledger.Paid {
			paid[key], vnd[key] = paid[key]+1, vnd[key]+amount
		}
		if state.Open() {
			open[no] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("attempts: %w", err)
	}
	var list []bankSummary
	for _, bank := range sandbox.Banks() {
		key := bankadapters.Key(bank)
		book, err := d.bankBook(ctx, bank, open)
		if err != nil {
			return nil, err
		}
		list = append(list, bankSummary{Bank: key, Paid: paid[key], PaidVND: vnd[key].Exact(), BookCredited: book.count, BookVND: book.total.Exact(),
			DoubleCredits: book.doubled, agrees: paid[key] == book.count-book.doubled && vnd[key] == book.total-book.doubledTotal})
	}
	return list, nil
}

type bookSum struct {
	count, doubled      int64
	total, doubledTotal money.Amount
}

// bankBook counts the unreturned credits in a bank's own book, without those
// about payments that are still open in ours.
func (d *demo) bankBook(ctx context.Context, bank string, open map[int64]bool) (bookSum, error) {
	var sum bookSum
	err := d.banks.eachPayment(ctx, bank, func(p sandbox.BookPayment) {
		ref, err := d.works.Engine.Origin.ParseEndToEnd(bankadapters.EndToEndID(p.EndToEndID))
		if p.State != sandbox.StateCredited || err == nil && open[ref.Payment] {
			return
		}
		sum.count, sum.total = sum.count+1, sum.total+money.Amount(p.Amount)
		if p.Doubled {
			sum.doubled, sum.doubledTotal = sum.doubled+1, sum.doubledTotal+money.Amount(p.Amount)
		}
	})
	return sum, err
}

// print shows the summary to a person.
func (d *demo) print(s demoSummary) error {
	out := d.e.stdout
	fmt.Fprintf(out, "\n%d khoản chi cho %d người, %s đồng / %d payments to %d people\n\n", s.Payments, s.People, d.dong(s.Total), s.Payments, s.People)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, row := range []struct {
		what  string
		count int64
	}{
		{"đã chi / paid", s.Paid}, {"bị từ chối, còn nợ / rejected, owed", s.Rejected}, {"bị trả lại, còn nợ / returned, owed", s.Returned},
		{"chưa rõ / in doubt", s.InDoubt}, {"ở tổ chức chi trả / at a provider", s.AtProvider}, {"chưa gửi / unsent", s.Unsent},
	} {
		fmt.Fprintf(table, "  %s\t%d\n", row.what, row.count)
	}
	fmt.Fprintf(table, "  còn nợ / owed\t%s đồng\n", d.dong(s.Owed))
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n  ngân hàng\tsổ ta: đã chi\tsổ ngân hàng: đã ghi có\tghi đúp / bank, paid by us, credited by its book, doubled by itself")
	table = tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, b := range s.Banks {
		fmt.Fprintf(table, "  %s\t%d\t%d\t%d\t%s\n", b.Bank, b.Paid, b.BookCredited, b.DoubleCredits, map[bool]string{true: "khớp / agrees", false: "LỆCH / DIFFERS"}[b.agrees])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	reasons := make([]string, 0, len(s.Breaks))
	for r := range s.Breaks {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	for _, r := range reasons {
		fmt.Fprintf(out, "  khoản lệch / break: %s %d\n", r, s.Breaks[r])
	}
	fmt.Fprintf(out, "\n  sổ / ledger: %d lines, %d vouchers, verified %t, ties %t\n  head %s\n  %s\n", s.Ledger.Lines, s.Ledger.Vouchers,
		s.Ledger.Verified, s.Ledger.TiesOK, s.Ledger.Head, s.Workbook)
	fmt.Fprintln(out, "\n               giây / s   bộ xử lý / processor s: engine, sandbox, PostgreSQL")
	for _, p := range s.Phases {
		fmt.Fprintf(out, "  %-10s %10.1f %10.1f %10.1f %10.1f\n", p.Name, p.Seconds, p.EngineCPU, p.SandboxCPU, p.DatabaseCPU)
	}
	fmt.Fprintf(out, "  bộ nhớ cao nhất / peak memory: engine %d MB, sandbox %d MB\n", s.EnginePeakMB, s.SandboxPeakMB)
	return nil
}

// dong groups the digits of an amount as people read it.
func (d *demo) dong(digits string) string {
	amount, err := money.ParseExact(digits)
	if err != nil {
		return digits
	}
	return amount.String()
}

// batchArgs are the arguments of a query about one batch.
func batchArgs(batch ledger.BatchID) pgx.NamedArgs { return pgx.NamedArgs{"batch": batch} }

// isRefusal reports whether err has words for a person: it is a refusal, not a
// fault of ours.
func isRefusal(err error) bool {
	kind, _ := errs.Read(err)
	return err != nil && kind != errs.Internal
}

func sentence(err error) string {
	_, text := errs.Read(err)
	return text
}
