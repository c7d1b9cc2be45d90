package reports

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/payout"
)

// Where the columns of the detail sheet stand that formulas name.
const (
	detailAmount  = 8
	detailState   = 9
	detailHeaders = 7 // rows above the first payment

	nameAmounts = "ChiTiet_SoTien"
	nameStates  = "ChiTiet_TrangThai"
)

// detail streams one row a payment and remembers what it wrote.
func (p *part) detail(ctx context.Context, tx pgx.Tx) error {
	p.wrote = written{states: map[shown]tally{}}
	rows, err := p.planned(ctx, tx)
	if err != nil {
		return err
	}
	last := detailHeaders + max(int(rows.count), 1)
	st := p.book.styles
	states := cells(detailState, detailHeaders+1, last)
	top := "$" + cell(detailState, detailHeaders+1)
	s, err := p.book.newDetailSheet(sheetLayout{
		name: sheetDetail, widths: widths(detailColumns), tabColor: "1F4E79", frozen: detailHeaders, frozenKey: 3, printed: detailPrinted,
		filter: cell(1, detailHeaders) + ":" + cell(len(detailColumns), last),
		rules: []rule{
			{states, fmt.Sprintf(`%s="%s"`, top, shownWords[shownPaid].name.vi), st.good},
			{states, fmt.Sprintf(`%s="%s"`, top, shownWords[shownDoubt].name.vi), st.wait},
			{states, fmt.Sprintf(`OR(%s="%s",%s="%s")`, top, shownWords[shownRejected].name.vi, top, shownWords[shownReturned].name.vi), st.bad},
		},
	})
	if err != nil {
		return err
	}
	if err := p.book.define(nameAmounts, "", absolute(sheetDetail, detailAmount, detailHeaders+1, last)); err != nil {
		return err
	}
	if err := p.book.define(nameStates, "", absolute(sheetDetail, detailState, detailHeaders+1, last)); err != nil {
		return err
	}
	if err := s.heading(p.batch.NameVI, titleDetail, words.unit.vi); err != nil {
		return err
	}
	if err := p.detailTotals(s, rows); err != nil {
		return err
	}
	if err := s.headers(31, detailColumns); err != nil {
		return err
	}
	if len(p.sections) > 0 {
		from, to := p.sections[0].No, p.sections[len(p.sections)-1].No
		if err := eachPayment(ctx, tx, p.batch.ID, from, to, func(r *paymentRow) error { return p.paymentRow(s, r) }); err != nil {
			return err
		}
	}
	if p.wrote.rows != rows.count || p.wrote.total != rows.total {
		return fmt.Errorf("detail sheet: wrote %d payments of %s đồng, the same snapshot counted %d of %s", p.wrote.rows, p.wrote.total, rows.count, rows.total)
	}
	if p.wrote.rows == 0 {
		if err := s.put(0, at(st.center, ""), at(st.text, words.noRows.both())); err != nil {
			return err
		}
	}
	return s.done()
}

const sqlPlanned = `
SELECT count(*), coalesce(sum(amount), 0)::bigint FROM payout.payment WHERE batch = @batch AND section BETWEEN @from AND @to`

// planned counts the rows before they are written: the filter's range and the
// total above the headings must be known by then.
func (p *part) planned(ctx context.Context, tx pgx.Tx) (tally, error) {
	var t tally
	if len(p.sections) == 0 {
		return t, nil
	}
	err := tx.QueryRow(ctx, sqlPlanned, pgx.NamedArgs{"batch": p.batch.ID, "from": p.sections[0].No, "to": p.sections[len(p.sections)-1].No}).Scan(&t.count, &t.total)
	if err != nil {
		return tally{}, fmt.Errorf("count payments of batch %d: %w", p.batch.ID, err)
	}
	return t, nil
}

// detailTotals writes the filtered total, the control total and the difference
// above the headings, where they stay in sight.
func (p *part) detailTotals(s *sheet, rows tally) error {
	st := p.book.styles
	control := declared(p.sections).total
	labels, values := make([]any, 10), make([]any, 10)
	labels[7], labels[8], labels[9] = at(st.headerEN, words.filterTotal.vi), at(st.headerEN, words.byLedger.vi), at(st.headerEN, words.difference.vi)
	values[7] = formula(st.totalMoney, "SUBTOTAL(109,"+nameAmounts+")", int64(rows.total))
	values[8] = at(st.control, int64(control))
	values[9] = formula(st.difference, "H5-I5", int64(rows.total-control))
	if err := s.put(15, labels...); err != nil {
		return err
	}
	return s.put(18, values...)
}

// declared adds up what the sealed sections declare.
func declared(sections []section) tally {
	var t tally
	for _, s := range sections {
		t.add(s.Count, s.Total)
	}
	return t
}

func (p *part) paymentRow(s *sheet, r *paymentRow) error {
	st := p.book.styles
	group := shownOf(r.State, r.Doubt)
	t := p.wrote.states[group]
	t.add(1, r.Amount)
	p.wrote.states[group] = t
	p.wrote.rows++
	p.wrote.total += r.Amount

	why := legWords[r.Leg].vi
	if group == shownDoubt {
		why = doubtWord.vi
	}
	where := r.Paying
	if r.Kind == "bank" && r.BIN != r.PayingBIN {
		where += " → " + r.BIN
	}
	account := ""
	if r.AccountTail != "" {
		account = "••••" + r.AccountTail
	}
	born := at(st.number, nil)
	if r.BirthYear != nil {
		born = at(st.number, *r.BirthYear)
	}
	return s.put(0,
		at(st.number, r.No), at(st.text, r.Commune), at(st.text, r.Name), born, at(st.text, formOf(r.Kind)), at(st.text, where),
		at(st.center, account), at(st.money, int64(r.Amount)), at(st.text, shownWords[group].name.vi),
		day(st.date, r.PaidOn), at(st.mono, r.BankRef), at(st.mono, string(p.endToEnd(r))), at(st.text, why))
}

// endToEnd builds the id the newest attempt was sent with. Installation and
// epoch are those of its message: the epoch may have risen since.
func (p *part) endToEnd(r *paymentRow) bankadapters.EndToEndID {
	if r.Attempt == 0 || len(r.Message) < 4 {
		return ""
	}
	epoch := strings.IndexByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", r.Message[3])
	if epoch < 1 {
		return ""
	}
	origin := payout.Origin{Installation: r.Message[:3], Epoch: epoch}
	return origin.EndToEnd(payout.Ref{Batch: p.batch.ID, Payment: r.No, Attempt: r.Attempt})
}

// cells is a range in one column.
func cells(column, from, to int) string { return cell(column, from) + ":" + cell(column, to) }
