package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/registry"
)

func setupBatchShow(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f)
	asJSON := f.Bool("json", false, "as JSON")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, _ time.Time) error {
		batch, err := payout.ReadBatch(ctx, db, id)
		if err != nil {
			return err
		}
		sections, err := payout.Sections(ctx, db, id)
		if err != nil {
			return err
		}
		sum, err := reconciliation.Summarise(ctx, db, id)
		if err != nil {
			return err
		}
		tallies, err := payout.Tallies(ctx, db, id)
		if err != nil {
			return err
		}
		open, err := payout.OpenExceptions(ctx, db, id)
		if err != nil {
			return err
		}
		waits, err := payout.Waits(ctx, db, id)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(shownJSON(batch, sections, sum, tallies, open, waits))
		}
		fmt.Fprintf(e.stdout, "đợt / batch %d: %s\nquyết định / decision %s: %d khoản, %s đồng\n", batch.ID, batch.NameVI, batch.DecisionNo, batch.DeclaredCount, batch.DeclaredTotal)
		if batch.Monthly {
			fmt.Fprintf(e.stdout, "tháng / month %02d/%d, hạn chi / due %s\n", int(batch.Period.Month()), batch.Period.Year(), batch.DueDate.Vietnamese())
		}
		fmt.Fprintf(e.stdout, "phần / sections: %s\n", sectionStates(sections))
		if batch.Paused {
			fmt.Fprintf(e.stdout, "TẠM DỪNG / PAUSED: %s\n", batch.PauseWhy)
		}
		e.printSums(sum)
		for _, x := range open {
			fmt.Fprintf(e.stdout, "%s: %d khoản / payments (%s), %s đồng\n", exceptionWords[x.Kind], x.Payments, x.State, x.Amount)
		}
		for _, w := range waits {
			fmt.Fprintf(e.stdout, "chờ / waits: %d khoản, %s đồng, từ / since %s: %s\n", w.Payments, w.Amount, w.Since.In(calendar.Zone).Format("2006-01-02 15:04"), w.Sentence())
		}
		if err := e.printMissing(ctx, db, id); err != nil {
			return err
		}
		return e.printUnlisted(ctx, db, batch)
	})
}

// unlistedShown is how many communes without a list are named one by one.
const unlistedShown = 10

// printUnlisted names the communes that were paid for an earlier month and have no
// list for this one: none of their people is among those left out.
func (e *env) printUnlisted(ctx context.Context, db pgdb.DB, batch payout.Batch) error {
	if !batch.Monthly {
		return nil
	}
	month := batch.Period.FirstOfMonth()
	units, err := registry.UnlistedUnits(ctx, db, batch.Programme, month)
	if err != nil {
		return err
	}
	people := 0
	for i, u := range units {
		people += u.People
		if i < unlistedShown {
			fmt.Fprintf(e.stdout, "chưa có danh sách tháng %02d/%d / no list for the month: %s %s, %d người ở tháng %02d/%d / people in that month\n",
				int(month.Month()), month.Year(), u.Code, u.NameVI, u.People, int(u.Month.Month()), u.Month.Year())
		}
	}
	if len(units) > unlistedShown {
		fmt.Fprintf(e.stdout, "… cộng %d xã, phường, %d người chưa có danh sách / communes and people without a list in all\n", len(units), people)
	}
	return nil
}

// sectionWords are the states of a section in the order in which it passes them.
var sectionWords = []struct{ state, words string }{
	{"planned", "đã lập / planned"}, {"submitted", "chờ duyệt / submitted"}, {"approved", "đã duyệt / approved"}, {"released", "đã cho chi / released"},
	{"withdrawn", "đã rút / withdrawn"},
}

func sectionStates(sections []payout.Section) string {
	var list []string
	for _, w := range sectionWords {
		n := 0
		for _, s := range sections {
			if s.State == w.state {
				n++
			}
		}
		if n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, w.words))
		}
	}
	if len(list) == 0 {
		return "chưa lập / not planned yet"
	}
	return strings.Join(list, ", ")
}

const sqlMissing = `
SELECT o.reason, count(*) FROM payout.left_out AS o WHERE o.batch = @batch GROUP BY o.reason
UNION ALL
SELECT 'refused', sum(l.rows_refused)::bigint FROM payout.batch_list AS x JOIN registry.list AS l ON l.id = x.list
 WHERE x.batch = @batch AND l.rows_refused > 0 HAVING count(*) > 0
 ORDER BY 1`

// missingWords say why a row of a list is in no payment of the batch.
var missingWords = map[string]string{
	"already":        "đã ở đợt khác / in another batch already",
	"no_rule":        "không quy định nào áp dụng / no rule applies",
	"no_channel":     "không có nơi trả / no channel pays there",
	"other_amount":   "số tiền khác quy định / another amount than the rule's",
	"dead":           "đã mất trước tháng chi / died before the month",
	"other_level":    "trong tháng chỉ hưởng một mức, đã tính mức khác / one level a month is paid, and another is",
	"no_heir":        "đã mất, chưa có người thừa kế hoặc chăm sóc nhận / died, and no heir or carer receives yet",
	"death_reported": "có báo tử chờ xác nhận / a death is reported and not confirmed",
	"suspended":      "đang tạm dừng hoặc đã thôi hưởng / suspended or ended",
	"refused":        "dòng bị từ chối khi nhập / refused at import",
}

// printMissing says which rows of the lists are in no payment: nobody is left out
// without being counted.
func (e *env) printMissing(ctx context.Context, db pgdb.DB, id ledger.BatchID) error {
	rows, _ := db.Query(ctx, sqlMissing, pgx.NamedArgs{"batch": id})
	var reason string
	var count int64
	_, err := pgx.ForEachRow(rows, []any{&reason, &count}, func() error {
		fmt.Fprintf(e.stdout, "ngoài đợt / left out: %d %s\n", count, missingWords[reason])
		return nil
	})
	if err != nil {
		return err
	}
	open, err := payout.CountOpenRows(ctx, db, payout.OpenRowFilter{Batch: id})
	if open > 0 {
		fmt.Fprintf(e.stdout, "chờ quyết định / wait for a decision: %d (ansinh refusal list --batch %d)\n", open, id)
	}
	return err
}

// exceptionWords are the kinds of payout.exception.
var exceptionWords = map[string]string{"doubt": "đang hỏi lại ngân hàng / in doubt", "held": "giữ lại, không gửi được / held, cannot be sent",
	"repair": "chờ sửa / due for repair", "barred": "cấm chi tiếp, đã có bằng chứng / barred, a proof came"}

func (e *env) printSums(s reconciliation.Summary) {
	table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(table, "khoản / payments\t%d\t%s đồng\nđã chi / paid\t%d\t%s đồng\nbị từ chối / rejected\t%d\t\nbị trả lại / returned\t%d\t\n",
		s.Payments, s.Total, s.Paid, s.PaidTotal, s.Rejected, s.Returned)
	fmt.Fprintf(table, "đang hỏi lại / in doubt\t%d\t\nở ngân hàng / at a bank\t%d\t\nở tổ chức chi trả / at a provider\t%d\t\nchưa gửi / unsent\t%d\t\nthôi chi / ended\t%d\t\ncòn nợ / owed\t\t%s đồng\n",
		s.InDoubt, s.AtBank, s.AtProvider, s.Unsent, s.Ended, s.Owed)
	table.Flush() //nolint:errcheck // standard output
	for _, reason := range reconciliation.Reasons {
		if n := s.Breaks[reason.Reason]; n > 0 {
			fmt.Fprintf(e.stdout, "khoản lệch / break: %d %s / %s\n", n, reason.VI, reason.EN)
		}
	}
}
