package reports

import "fmt"

// summary writes one row a commune: planned, then count and amount of every
// group of states that occurs (an empty one would only make the print smaller).
// Its figures are the ledger's; the totals are formulas beside the ledger's
// totals.
func (p *part) summary() error {
	st := p.book.styles
	columns := p.summaryHeads()
	const headers, totals = 8, 3
	first := headers + 1
	last := headers + max(len(p.sections), 1)
	s, err := p.book.newDetailSheet(sheetLayout{
		name: sheetSummary, widths: widths(columns), tabColor: "2E75B6", frozen: headers, frozenKey: 1,
		filter: cell(1, headers) + ":" + cell(len(columns), last),
		rules:  []rule{{cell(2, headers-2) + ":" + cell(len(columns), headers-2), "B$6<>0", st.wrong}},
	})
	if err != nil {
		return err
	}
	if err := s.heading(p.batch.NameVI, titleSummary, words.unit.vi); err != nil {
		return err
	}
	if err := p.summaryTotals(s, columns, first, last); err != nil {
		return err
	}
	if err := s.headers(60, columns); err != nil {
		return err
	}
	for _, one := range p.sections {
		row := []any{at(st.text, one.Name)}
		for _, v := range p.summaryFigures(one) {
			row = append(row, at(st.money, v))
		}
		n := s.row + 1
		row = append(row, formula(st.percent, p.share(n), ratio(one.cashless, one.states[shownPaid])))
		if err := s.put(0, row...); err != nil {
			return err
		}
	}
	if len(p.sections) == 0 {
		if err := s.put(0, at(st.text, words.noRows.vi)); err != nil {
			return err
		}
	}
	return s.done()
}

// summaryHeads are the columns: planned, a pair for each group, and the
// cashless part.
func (p *part) summaryHeads() []column {
	heads := append([]column(nil), summaryColumns[:3]...)
	for _, g := range p.groups() {
		w := shownWords[g].name
		heads = append(heads, column{name: word{w.vi + ": số khoản", w.en + ", no."}, width: 9}, column{name: word{w.vi + ": số tiền", w.en + ", amount"}, width: 16.5})
	}
	return append(heads, summaryColumns[3:]...)
}

// groups are the groups of states that occur in this file, and always the paid.
func (p *part) groups() []shown {
	have := sum(p.sections)
	var list []shown
	for _, g := range shownOrder {
		if g == shownPaid || have[g].count != 0 {
			list = append(list, g)
		}
	}
	return list
}

// summaryFigures are the numbers of one row, in the order of the columns.
func (p *part) summaryFigures(s section) []int64 {
	figures := []int64{s.Count, int64(s.Total)}
	for _, g := range p.groups() {
		figures = append(figures, s.states[g].count, int64(s.states[g].total))
	}
	return append(figures, int64(s.cashless.total))
}

// summaryTotals writes the three rows above the headings: the formula, the
// ledger's constant and the difference.
func (p *part) summaryTotals(s *sheet, columns []column, first, last int) error {
	st := p.book.styles
	all := section{states: sum(p.sections)}
	for _, one := range p.sections {
		all.Count += one.Count
		all.Total += one.Total
		all.cashless.add(one.cashless.count, one.cashless.total)
	}
	constants := p.summaryFigures(all)
	formulas := []any{at(st.totalText, words.filterTotal.vi)}
	ledgers := []any{at(st.totalText, words.byLedger.vi)}
	differences := []any{at(st.totalText, words.difference.vi)}
	for i, constant := range constants {
		name := fmt.Sprintf("TongHop_%02d", i+1)
		if err := p.book.define(name, "", absolute(sheetSummary, i+2, first, last)); err != nil {
			return err
		}
		var added int64
		for _, one := range p.sections {
			added += p.summaryFigures(one)[i]
		}
		column := letter(i + 2)
		formulas = append(formulas, formula(st.totalMoney, "SUBTOTAL(109,"+name+")", added))
		ledgers = append(ledgers, at(st.control, constant))
		differences = append(differences, formula(st.difference, column+"4-"+column+"5", added-constant))
	}
	formulas = append(formulas, formula(st.totalPercent, p.share(4), ratio(all.cashless, all.states[shownPaid])))
	for _, row := range [][]any{formulas, ledgers, differences} {
		if err := s.put(16, row...); err != nil {
			return err
		}
	}
	return nil
}

// share is the formula of the cashless part of what was paid. The paid amount is
// the fifth column; the cashless amount stands after all groups.
func (p *part) share(row int) string {
	const paidColumn = 5
	paid := cell(paidColumn, row)
	return fmt.Sprintf(`IF(%s=0,"–",%s/%s)`, paid, cell(3+2*len(p.groups())+1, row), paid)
}

// ratio is the value shown for a share until the formula is computed again: a
// proportion for reading, to the nearest tenth of a percent as the cell shows it;
// no amount is computed from it.
func ratio(part, whole tally) any {
	if whole.total == 0 {
		return words.notSeen.vi
	}
	return float64((int64(part.total)*1000+int64(whole.total)/2)/int64(whole.total)) / 1000
}
