package reports

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"ansinh/timeliness"
)

// waitColumns are the columns before the horizons.
var waitColumns = []column{
	{name: word{"Nhóm", "Group"}, width: 27},
	{name: word{"Số người", "People"}, width: 9},
	{name: word{"Rút dự toán: trung vị", "Drawn, median"}, width: 9},
	{name: word{"Lệnh chi: trung vị", "Ordered, median"}, width: 9},
	{name: word{"Đã ghi có: trung vị", "Credited, median"}, width: 9},
	{name: word{"90% ghi có", "Credited, 90%"}, width: 9},
	{name: word{"Mới ghi Nợ", "Presumed"}, width: 9},
	{name: word{"Có nguồn dữ liệu", "Covered"}, width: 9},
	{name: word{"Tỷ lệ", "Share"}, width: 8},
	{name: word{"Có tiền: trung vị", "Held, median"}, width: 8.5},
	{name: word{"90% có tiền", "Held, 90%"}, width: 8},
}

var dimensionWords = map[timeliness.Dimension]word{
	timeliness.All:     {"Cả đợt", "Whole batch"},
	timeliness.Commune: {"Theo xã, phường", "By commune"},
	timeliness.Bank:    {"Theo ngân hàng giữ tài khoản", "By bank that keeps the account"},
	timeliness.Channel: {"Theo nơi thực hiện", "By channel"},
}

// waitSheet prints the table of package timeliness. Every figure is a cell of
// that table; nothing is computed here.
func (p *part) waitSheet() error {
	columns := append([]column(nil), waitColumns...)
	for _, days := range timeliness.Horizons {
		for _, w := range []word{{"ước lượng", "curve"}, {"thấp nhất", "lowest"}, {"cao nhất", "highest"}} {
			columns = append(columns, column{name: word{fmt.Sprintf("%d ngày, %s", days, w.vi), w.en}, width: 8.5})
		}
	}
	s, err := p.book.newDetailSheet(sheetLayout{name: sheetWaits, widths: widths(columns), tabColor: "548235", frozen: 6, frozenKey: 1})
	if err != nil {
		return err
	}
	if err := s.heading(p.batch.NameVI, titleWaits, words.dayUnit.vi); err != nil {
		return err
	}
	text := fmt.Sprintf("Tính từ hạn chi trả %s, số liệu đến hết ngày %s; đơn vị: ngày, tỷ lệ phần trăm số người. “%s”: nhóm dưới 10 người không công bố; “%s”: chưa đến ngày đó; “%s”: chưa quan sát được.",
		p.waits.Due.Vietnamese(), p.waits.Through.Vietnamese(), words.fewer.vi, words.notYet.vi, words.notSeen.vi)
	if err := s.line(18, p.book.styles.capsule, text); err != nil {
		return err
	}
	if err := s.headers(46, columns); err != nil {
		return err
	}
	dimension := timeliness.Dimension("")
	for _, l := range p.waits.Rows {
		if l.Dimension != dimension {
			dimension = l.Dimension
			if err := s.line(17, p.book.styles.totalText, dimensionWords[dimension].both()); err != nil {
				return err
			}
		}
		if err := p.waitRow(s, len(columns), l); err != nil {
			return err
		}
	}
	if err := p.sources(s); err != nil {
		return err
	}
	return s.done()
}

func (p *part) waitRow(s *sheet, columns int, l timeliness.Line) error {
	st := p.book.styles
	name := l.Name
	if l.Dimension == timeliness.All {
		name = dimensionWords[timeliness.All].vi
	}
	row := []any{at(st.text, name)}
	if l.Suppressed {
		for range columns - 1 {
			row = append(row, at(st.center, words.fewer.vi))
		}
		return s.put(0, row...)
	}
	row = append(row, at(st.count, l.People), p.days(l.Drawn.Median), p.days(l.Ordered.Median), p.days(l.Credited.Median), p.days(l.Credited.P90), p.presumed(l))
	if l.CurveHidden {
		row = append(row, at(st.center, words.fewer.vi), at(st.center, words.fewer.vi))
	} else {
		row = append(row, at(st.count, l.Covered), p.percent(l.CoveredShare))
	}
	row = append(row, p.days(l.Median), p.days(l.P90))
	for _, h := range l.Shares {
		switch {
		case h.Pending:
			row = append(row, at(st.center, words.notYet.vi), at(st.center, words.notYet.vi), at(st.center, words.notYet.vi))
		case h.Curve == nil:
			row = append(row, at(st.center, words.notSeen.vi), p.percent(h.Lowest), p.percent(h.Highest))
		default:
			row = append(row, p.percent(*h.Curve), p.percent(h.Lowest), p.percent(h.Highest))
		}
	}
	return s.put(0, row...)
}

// presumed counts people whose money is debited while its credit is not proved.
func (p *part) presumed(l timeliness.Line) excelize.Cell {
	if l.Presumed == 0 && l.FewHidden {
		return at(p.book.styles.center, words.fewer.vi)
	}
	return at(p.book.styles.count, l.Presumed)
}

func (p *part) days(n *int) excelize.Cell {
	if n == nil {
		return at(p.book.styles.center, words.notSeen.vi)
	}
	return at(p.book.styles.number, *n)
}

// percent is a share for reading; no amount is computed from it.
func (p *part) percent(share timeliness.Percent) excelize.Cell {
	return at(p.book.styles.percent, float64(share)/1000)
}

// sources lists who promised what.
func (p *part) sources(s *sheet) error {
	st := p.book.styles
	var texts []string
	for _, f := range p.waits.Sources {
		texts = append(texts, fmt.Sprintf("%s: %s; từ %s đến %s; %d khoản, %d tệp.", f.Name, f.Scope, f.From.Vietnamese(), f.To.Vietnamese(), f.Covered, f.Files))
	}
	if len(texts) == 0 {
		texts = []string{"Chưa có nguồn nào cam kết báo lần rút tiền đầu tiên: không có đường ước lượng."}
	}
	if err := s.line(20, st.section, "Nguồn dữ liệu / Sources"); err != nil {
		return err
	}
	for _, text := range texts {
		if err := s.line(tall(text, 180, 12), st.prose, strings.TrimSpace(text)); err != nil {
			return err
		}
	}
	return nil
}
