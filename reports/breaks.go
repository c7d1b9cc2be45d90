package reports

import (
	"cmp"

	"ansinh/internal/calendar"
	"ansinh/reconciliation"
)

// breakSheet lists what does not match, open ones first.
func (p *part) breakSheet() error {
	st := p.book.styles
	const headers = 7
	last := headers + max(len(p.breaks), 1)
	s, err := p.book.newDetailSheet(sheetLayout{
		name: sheetBreaks, widths: widths(breakColumns), tabColor: "C00000", frozen: headers, frozenKey: 1,
		filter: cell(1, headers) + ":" + cell(len(breakColumns), last),
		rules:  []rule{{cell(1, headers+1) + ":" + cell(1, last), `AND($A8<>"",$I8="")`, st.wait}},
	})
	if err != nil {
		return err
	}
	if err := p.book.define("KhoanLech_SoTien", "", absolute(sheetBreaks, 5, headers+1, last)); err != nil {
		return err
	}
	if err := s.heading(p.batch.NameVI, titleBreaks, words.unit.vi); err != nil {
		return err
	}
	if err := p.breakTotals(s); err != nil {
		return err
	}
	if err := s.headers(20, breakColumns); err != nil {
		return err
	}
	for _, b := range p.breaks {
		if err := p.breakRow(s, b); err != nil {
			return err
		}
	}
	if len(p.breaks) == 0 {
		if err := s.put(0, at(st.number, ""), at(st.text, words.noRows.both())); err != nil {
			return err
		}
	}
	return s.done()
}

func (p *part) breakTotals(s *sheet) error {
	st := p.book.styles
	var total int64
	for _, b := range p.breaks {
		total += int64(b.Amount)
	}
	if err := s.put(6, at(st.capsule, "")); err != nil {
		return err
	}
	row := make([]any, 5)
	row[3], row[4] = at(st.headerEN, words.filterTotal.vi), formula(st.totalMoney, "SUBTOTAL(109,KhoanLech_SoTien)", total)
	return s.put(26, row...)
}

func (p *part) breakRow(s *sheet, b breakRow) error {
	st := p.book.styles
	end := p.options.Now
	closed := calendar.Date{}
	if b.ClosedAt != nil {
		end, closed = *b.ClosedAt, calendar.DateOf(*b.ClosedAt)
	}
	payment := at(st.number, nil)
	if b.Batch != 0 && b.Payment != 0 {
		payment = at(st.number, b.Payment)
	}
	how := b.Suggestion
	if b.ClosedAt != nil {
		how = b.ClosedHow
	}
	opened := calendar.DateOf(b.OpenedAt)
	reason, next := breakText(b.Reason)
	height := max(tall(reason, 32, 11), tall(how, 38, 11), tall(cmp.Or(b.Owner, next), 20, 11))
	return s.put(height, at(st.number, b.ID), at(st.wrap, reason), at(st.text, b.Channel), payment, at(st.money, int64(b.Amount)),
		day(st.date, opened), at(st.number, calendar.DateOf(end).DaysSince(opened)), at(st.wrap, cmp.Or(b.Owner, next)), day(st.date, closed), at(st.wrap, how))
}

// breakText is a reason in words and who acts next; one that has no words yet is
// printed as it is stored.
func breakText(reason string) (text, next string) {
	for _, r := range reconciliation.Reasons {
		if string(r.Reason) == reason {
			return r.VI, r.Next
		}
	}
	return reason, ""
}
