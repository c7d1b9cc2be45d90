package demolist

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"
)

// Style is how a seeded list is written.
type Style struct {
	// Text is "" for Unicode, "nfd", "tcvn3" or "vni".
	Text string
	// Fonts gives the cells the font of Text; without it nothing but the words tell.
	Fonts bool
	// UnicodeColumns stay Unicode whatever Text says, by letter.
	UnicodeColumns string
	// Number writes ids as numbers, which lose their zeros; "E" writes them as
	// Excel shows long numbers, 1.19E+11.
	Number string
	// Province takes the place of 000 in the ids of a list for a database that is
	// no demo.
	Province string
	// Commune stands in the titles.
	Commune string
}

// Write writes the list as a workbook.
func (l *SeededList) Write(w io.Writer, style Style) error {
	file := excelize.NewFile()
	defer file.Close()
	if err := file.SetSheetName("Sheet1", l.Sheet); err != nil {
		return fmt.Errorf("name sheet: %w", err)
	}
	page := seedPage{file: file, sheet: l.Sheet, style: style}
	commune := style.Commune
	if commune == "" {
		commune = "XÃ MẪU"
	}
	page.row(1, false, "ỦY BAN NHÂN DÂN "+strings.ToUpper(commune))
	page.row(2, false, "DỮ LIỆU GIẢ LẬP")
	page.row(3, false, "DANH SÁCH NGƯỜI NHẬN QUÀ TẾT")
	page.row(5, false, l.withMark(seedHeadings, "Tăng / Giảm / Đổi")...)
	for i, r := range l.rows {
		page.row(firstSeedRow+i, r.hidden, l.withMark(r.cells, r.mark)...)
	}
	page.row(firstSeedRow+len(l.rows), false, fmt.Sprintf("Tổng cộng: %d người", l.Rows))
	if page.err != nil {
		return fmt.Errorf("write seeded list: %w", page.err)
	}
	return file.Write(w)
}

// withMark adds the cell behind the others that only a change list has.
func (l *SeededList) withMark(cells [seedColumns]any, mark any) []any {
	if !l.marked {
		return cells[:]
	}
	return append(cells[:], mark)
}

// seedPage writes cells and keeps the first error.
type seedPage struct {
	file  *excelize.File
	sheet string
	style Style
	fonts map[string]int
	err   error
}

func (p *seedPage) row(no int, hidden bool, values ...any) {
	for i, value := range values {
		if value == nil || p.err != nil {
			continue
		}
		at := fmt.Sprintf("%s%d", letters(i), no)
		if words, ok := value.(string); ok && !strings.Contains(p.style.UnicodeColumns, letters(i)) {
			var font string
			value, font = p.encoded(i, no, words)
			if font != "" && p.style.Fonts {
				p.setFont(at, font)
			}
		}
		if p.err == nil {
			p.err = p.file.SetCellValue(p.sheet, at, value)
		}
	}
	if hidden && p.err == nil {
		p.err = p.file.SetRowVisible(p.sheet, no, false)
	}
}

// encoded returns a cell's value and font in the page's style.
func (p *seedPage) encoded(column, row int, words string) (value any, font string) {
	if column == sID && row >= firstSeedRow && len(words) == 12 {
		if p.style.Province != "" {
			words = strings.Replace(words, "000", p.style.Province, 1)
		}
		switch p.style.Number {
		case "E":
			digits := strings.TrimLeft(words, "0")
			return fmt.Sprintf("%s.%sE+%02d", digits[:1], digits[1:6], len(digits)-1), ""
		case "":
		default:
			var n int64
			if _, p.err = fmt.Sscan(strings.TrimLeft(words, "0"), &n); p.err != nil {
				return nil, ""
			}
			return n, ""
		}
	}
	switch p.style.Text {
	case "nfd":
		return norm.NFD.String(words), ""
	case "tcvn3":
		return inTCVN3(words), ".VnTime"
	case "vni":
		return inVNI(words), "VNI-Times"
	default:
		return words, ""
	}
}

func (p *seedPage) setFont(at, font string) {
	if p.fonts == nil {
		p.fonts = make(map[string]int)
	}
	id, known := p.fonts[font]
	if !known {
		if id, p.err = p.file.NewStyle(&excelize.Style{Font: &excelize.Font{Family: font}}); p.err != nil {
			return
		}
		p.fonts[font] = id
	}
	p.err = p.file.SetCellStyle(p.sheet, at, at, id)
}
