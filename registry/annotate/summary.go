package annotate

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/registry"
)

// The first sheet of a copy.
const (
	summarySheet = "Tóm tắt"
	summaryTitle = "KẾT QUẢ KIỂM TRA DANH SÁCH"
	summaryMost  = 1_000 // marks listed one by one
)

// page writes the summary downwards and keeps the first error.
type page struct {
	file *excelize.File
	row  int
	err  error

	toDoHead int // row of the headings of what to do; 0 = nothing to do

	title, good, bad, plain, bold, head, cell, link int
	fillOf                                          map[registry.Severity]int
}

func (a *annotator) summary() error {
	if _, err := a.file.NewSheet(summarySheet); err != nil {
		return err
	}
	p := &page{file: a.file}
	p.styles()
	p.layout()
	a.writeTop(p)
	errors, repairs, warnings := a.counts()
	a.writeVerdict(p, errors+repairs, warnings)
	a.writeCounts(p, errors, repairs, warnings)
	kinds := a.kinds()
	manyOfAKind := len(kinds) > 1 && 3*len(kinds) < len(a.marks)
	if manyOfAKind {
		p.writeKinds(kinds)
	}
	a.writeToDo(p)
	end := p.row
	a.writeMissing(p)
	if !manyOfAKind && len(kinds) > 1 {
		p.writeKinds(kinds)
	}
	if p.toDoHead > 0 && p.row == end { // repeated on every page, which another table must not have above it
		p.do(p.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: summarySheet,
			RefersTo: fmt.Sprintf("'%s'!$%d:$%d", summarySheet, p.toDoHead, p.toDoHead)}))
	}
	if p.err != nil {
		return fmt.Errorf("summary: %w", p.err)
	}
	return a.moveFirst()
}

// moveFirst puts the summary before the officer's sheets and opens the copy
// there. Names that belong to a sheet, such as its print area, count sheets from
// the first and move with them.
func (a *annotator) moveFirst() error {
	if first := a.file.GetSheetList()[0]; first != summarySheet {
		if err := a.file.MoveSheet(summarySheet, first); err != nil {
			return err
		}
		if names := a.file.WorkBook.DefinedNames; names != nil {
			last := len(a.file.GetSheetList()) - 1
			for i := range names.DefinedName {
				id := names.DefinedName[i].LocalSheetID
				if id == nil {
					continue
				}
				moved := *id + 1
				if *id == last {
					moved = 0 // the summary's own
				}
				names.DefinedName[i].LocalSheetID = &moved
			}
		}
	}
	a.file.SetActiveSheet(0)
	return nil
}

func (p *page) do(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *page) style(s excelize.Style) int {
	id, err := p.file.NewStyle(&s)
	p.do(err)
	return id
}

func (p *page) styles() {
	font := func(size int, bold bool, color string) *excelize.Font {
		return &excelize.Font{Family: "Times New Roman", Size: measure(size), Bold: bold, Color: color}
	}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	var thin []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		thin = append(thin, excelize.Border{Type: side, Color: "999999", Style: 1})
	}
	wrap := &excelize.Alignment{WrapText: true, Vertical: "top"}
	p.title = p.style(excelize.Style{Font: font(16, true, "")})
	p.good = p.style(excelize.Style{Font: font(14, true, "006100"), Fill: fill("C6EFCE"), Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	p.bad = p.style(excelize.Style{Font: font(14, true, "9C0006"), Fill: fill("FFC7CE"), Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	p.plain = p.style(excelize.Style{Font: font(12, false, ""), Alignment: wrap})
	p.bold = p.style(excelize.Style{Font: font(12, true, "")})
	p.head = p.style(excelize.Style{Font: font(12, true, ""), Fill: fill("D9D9D9"), Border: thin, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"}})
	p.cell = p.style(excelize.Style{Font: font(11, false, ""), Border: thin, Alignment: wrap})
	p.link = p.style(excelize.Style{Font: &excelize.Font{Family: "Times New Roman", Size: 11, Color: "0563C1", Underline: "single"}, Border: thin, Alignment: wrap})
	p.fillOf = map[registry.Severity]int{}
	for severity, s := range severities {
		id, err := p.file.NewStyle(&excelize.Style{Font: font(11, true, ""), Fill: fill(s.fill), Border: thin, Alignment: wrap})
		p.do(err)
		p.fillOf[severity] = id
	}
}

// columns are those of the tables: where, how grave, what, how to mend.
var columnWidths = []int{14, 16, 46, 46, 20}

func (p *page) layout() {
	for i, width := range columnWidths {
		c := string(rune('A' + i))
		p.do(p.file.SetColWidth(summarySheet, c, c, measure(width)))
	}
	landscape, a4, one, many := "landscape", 9, 1, 0
	fit := true
	p.do(p.file.SetSheetProps(summarySheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	p.do(p.file.SetPageLayout(summarySheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &many}))
	p.do(p.file.SetHeaderFooter(summarySheet, &excelize.HeaderFooterOptions{OddFooter: "&L&F&RTrang &P/&N"}))
	grid := false
	p.do(p.file.SetSheetView(summarySheet, 0, &excelize.ViewOptions{ShowGridLines: &grid}))
}

// put writes a cell of the row in hand.
func (p *page) put(column string, style int, value any) {
	cell := fmt.Sprintf("%s%d", column, p.row)
	p.do(p.file.SetCellValue(summarySheet, cell, value))
	p.do(p.file.SetCellStyle(summarySheet, cell, cell, style))
}

// across writes a line over all columns; height in points, 0 = as it is.
func (p *page) across(style int, height int, text string) {
	p.row++
	p.put("A", style, text)
	last := fmt.Sprintf("%c%d", 'A'+len(columnWidths)-1, p.row)
	first := fmt.Sprintf("A%d", p.row)
	p.do(p.file.SetCellStyle(summarySheet, first, last, style))
	p.do(p.file.MergeCell(summarySheet, first, last))
	if height > 0 {
		p.do(p.file.SetRowHeight(summarySheet, p.row, measure(height)))
	}
}

func (a *annotator) writeTop(p *page) {
	p.across(p.title, 24, summaryTitle)
	if a.in.Demo {
		p.across(p.bold, 0, "DỮ LIỆU GIẢ LẬP")
	}
	p.across(p.plain, 0, "Tệp: "+a.in.Name)
	day := calendar.DateOf(a.in.At)
	p.across(p.plain, 0, "Kiểm tra ngày: "+day.Vietnamese())
	if a.rewritten {
		p.across(p.plain, 32, "Bản này giữ nguyên nội dung và vị trí từng ô, không giữ trang trí của tệp gốc. / This copy keeps every cell in its place, not the decoration of the file.")
	}
}

func (a *annotator) counts() (errors, repairs, warnings int) {
	for _, m := range a.marks {
		for _, f := range m.findings {
			switch f.Severity {
			case registry.SeverityError:
				errors++
			case registry.SeverityRepair:
				repairs++
			case registry.SeverityWarning:
				warnings++
			}
		}
	}
	return errors, repairs, warnings
}

func (a *annotator) writeVerdict(p *page, open, warnings int) {
	p.row++
	switch {
	case open > 0:
		p.across(p.bad, 40, fmt.Sprintf("Còn %d chỗ phải sửa. Sửa các ô tô màu trong danh sách, lưu lại, rồi nộp chính tệp này.", open))
		p.across(p.plain, 0, fmt.Sprintf("%d places must be mended. Mend the coloured cells, save, and hand in this very file.", open))
	case warnings > 0:
		p.across(p.good, 40, fmt.Sprintf("Đã đủ, nộp được. Có %d chỗ nên xem lại trước khi nộp.", warnings))
		p.across(p.plain, 0, fmt.Sprintf("Complete, may be handed in. %d places are worth a look first.", warnings))
	default:
		p.across(p.good, 40, "Đã đủ, nộp được")
		p.across(p.plain, 0, "Complete, may be handed in.")
	}
	p.row++
}

func (a *annotator) writeCounts(p *page, errors, repairs, warnings int) {
	for _, r := range a.in.Reports {
		if r.HeaderRow == 0 {
			continue
		}
		p.across(p.plain, 0, fmt.Sprintf("Trang \"%s\": %d người; %d dòng nhận được, %d dòng chưa nhận được. / %d people; %d rows can be taken, %d cannot.",
			r.Sheet, r.Rows, r.Sound, r.Refused, r.Rows, r.Sound, r.Refused))
		if c := r.Changes; c != nil {
			p.across(p.plain, 0, fmt.Sprintf("Nếu nhận, so với tháng %02d/%d: trước %d, tăng %d, giảm %d, đổi %d, sau %d. / If taken: before, added, removed, changed, after.",
				int(c.Base.Month()), c.Base.Year(), c.Before, c.Added, c.Removed, c.Changed, c.After))
		}
		if s := r.Skipped; s != (registry.Skipped{}) {
			p.across(p.plain, 0, fmt.Sprintf("Dòng không phải là người, đã bỏ qua: %d trống, %d số thứ tự cột, %d tổng cộng, %d khác. / Passed over: blank, numbering, totals, other.",
				s.Blank, s.Numbering, s.Totals, s.Other))
		}
	}
	if errors+repairs+warnings == 0 {
		return
	}
	p.row++
	p.across(p.bold, 0, "Ý nghĩa màu / what the colours mean")
	for _, c := range []struct {
		severity registry.Severity
		n        int
		text     string
	}{
		{registry.SeverityError, errors, "phải sửa thì dòng mới được nhận / the row is not taken before this is mended"},
		{registry.SeverityRepair, repairs, "có giá trị đề nghị: đúng thì gõ vào ô, sai thì sửa lại / a value is offered: type it if it is right"},
		{registry.SeverityWarning, warnings, "dòng vẫn được nhận; nên xem lại / the row is taken; please look"},
	} {
		p.row++
		p.put("A", p.cell, c.n)
		p.put("B", p.fillOf[c.severity], severities[c.severity].vi)
		p.put("C", p.cell, c.text)
		p.do(p.file.MergeCell(summarySheet, fmt.Sprintf("C%d", p.row), fmt.Sprintf("D%d", p.row)))
	}
}

// kind is a kind of fault with how often it was found and an example.
type kind struct {
	f registry.Finding
	n int
}

// kinds counts by kind of fault, the most frequent first.
func (a *annotator) kinds() []kind {
	var kinds []kind
	at := map[registry.Code]int{}
	for _, m := range a.marks {
		for _, f := range m.findings {
			i, known := at[f.Code]
			if !known {
				i = len(kinds)
				at[f.Code] = i
				kinds = append(kinds, kind{f: f})
			}
			kinds[i].n++
		}
	}
	slices.SortStableFunc(kinds, func(x, y kind) int { return cmp.Compare(y.n, x.n) })
	return kinds
}

func (p *page) writeKinds(kinds []kind) {
	p.row++
	p.across(p.bold, 0, "Theo loại / by kind")
	p.heads("Số chỗ", "Mức", "Loại", "Cách sửa", "Mã")
	for _, k := range kinds {
		p.row++
		reason := registry.KindWords(k.f.Code)
		remedy, _ := k.f.Remedy()
		p.put("A", p.cell, k.n)
		p.put("B", p.fillOf[k.f.Severity], severities[k.f.Severity].vi)
		p.put("C", p.cell, reason)
		p.put("D", p.cell, remedy)
		p.put("E", p.cell, string(k.f.Code))
		p.height(reason, remedy, string(k.f.Code)+string(k.f.Code))
	}
}

// height fits the row in hand to its longest text: nobody's spreadsheet does it
// for merged or bordered cells by itself.
func (p *page) height(texts ...string) {
	lines := 1
	for _, text := range texts {
		lines = max(lines, utf8.RuneCountInString(text)/50+1)
	}
	p.do(p.file.SetRowHeight(summarySheet, p.row, measure(15*lines+3)))
}

func (p *page) heads(words ...string) {
	p.row++
	for i, word := range words {
		p.put(string(rune('A'+i)), p.head, word)
	}
}

// writeToDo lists what to do with a link to each cell: first what must be mended.
func (a *annotator) writeToDo(p *page) {
	list := slices.Clone(a.marks)
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(x, y mark) int {
		grave := func(m mark) int {
			if m.severity() == registry.SeverityWarning {
				return 1
			}
			return 0
		}
		return cmp.Compare(grave(x), grave(y))
	})
	p.row++
	p.across(p.bold, 0, "Việc cần làm: bấm vào ô để tới chỗ phải sửa / what to do: click to go to the cell")
	p.heads("Ô", "Mức", "Vì sao", "Cách sửa", "Đề nghị")
	head := p.row
	for i, m := range list {
		if i == summaryMost {
			p.across(p.plain, 0, fmt.Sprintf("Còn %d ô nữa: xem cột \"%s\" ở cuối danh sách. / %d more cells: see the last column of the list.",
				len(list)-i, toDoHeading, len(list)-i))
			break
		}
		for _, f := range m.findings {
			a.writeFinding(p, m, f)
		}
	}
	p.toDoHead = head
}

// writeMissing lists who was on the list of last time and is not on this one.
func (a *annotator) writeMissing(p *page) {
	var missing []registry.Missing
	for _, r := range a.in.Reports {
		missing = append(missing, r.Missing...)
	}
	if len(missing) == 0 {
		return
	}
	p.row++
	p.across(p.bold, 0, fmt.Sprintf("%d người có trong danh sách lần trước, nay không có: đã mất, chuyển đi, hay bỏ sót? / people of last time who are not on this list: died, moved or forgotten?", len(missing)))
	p.heads("Năm", "Thuộc nhóm", "Người của lần trước", "Dòng ở danh sách trước", "Đã xử lý") // no headings of a list
	for i, m := range missing {
		if i == summaryMost {
			p.across(p.plain, 0, fmt.Sprintf("Còn %d người nữa. / %d more people.", len(missing)-i, len(missing)-i))
			break
		}
		p.row++
		born := ""
		if m.BirthYear > 0 {
			born = fmt.Sprint(m.BirthYear)
		}
		p.put("A", p.cell, born)
		p.put("B", p.cell, m.Category)
		p.put("C", p.cell, m.Name)
		p.put("D", p.cell, fmt.Sprintf("danh sách %d, dòng %d / list %d, row %d", m.List, m.Row, m.List, m.Row))
		p.put("E", p.cell, "")
	}
}

func (a *annotator) writeFinding(p *page, m mark, f registry.Finding) {
	reason, reasonEN := f.Reason()
	remedy, remedyEN := f.Remedy()
	p.row++
	p.put("B", p.fillOf[f.Severity], severities[f.Severity].vi)
	p.put("C", p.cell, reason+" / "+reasonEN)
	p.put("D", p.cell, remedy+" / "+remedyEN)
	p.put("E", p.cell, f.Proposed)
	p.height(reason+" / "+reasonEN, remedy+" / "+remedyEN, f.Proposed+f.Proposed)
	if m.row == 0 {
		p.put("A", p.cell, "cả tệp / file")
		return
	}
	p.put("A", p.link, m.cell())
	p.do(p.file.SetCellHyperLink(summarySheet, fmt.Sprintf("A%d", p.row), fmt.Sprintf("'%s'!%s", m.sheet, m.cell()), "Location"))
}
