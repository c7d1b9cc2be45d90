package reports

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Number formats. Amounts are whole đồng; nought is a dash, so that columns of
// many noughts can be read.
const (
	formatMoney   = `#,##0;[Red]-#,##0;"–"`
	formatDate    = `dd/mm/yyyy`
	formatPercent = `0.0%`
	formatText    = `@`
)

const fontName = "Times New Roman"

// styles are the looks of cells, made once for a workbook.
type styles struct {
	banner, title, subtitle, small                  int
	headCaps, headBold, motto, rule, right          int
	label, value, section, prose, signer, signNote  int
	header, headerEN, text, center, wrap, mono      int
	money, count, date, percent, number             int
	totalText, totalMoney, totalCount, totalPercent int
	control, difference, capsule                    int
	good, wait, bad, wrong                          int // conditional
}

// look is one cell's appearance in the few words we need.
type look struct {
	size         float64
	bold, italic bool
	color        string // font, RRGGBB
	fill         string
	across, down string // alignment
	wrap, border bool
	shrink       bool // a long text gets smaller instead of being cut
	format       string
}

func (l look) style() *excelize.Style {
	s := &excelize.Style{
		Font:       &excelize.Font{Family: fontName, Size: l.size, Bold: l.bold, Italic: l.italic, Color: l.color},
		Alignment:  &excelize.Alignment{Horizontal: l.across, Vertical: l.down, WrapText: l.wrap, ShrinkToFit: l.shrink},
		Protection: &excelize.Protection{Locked: true},
	}
	if l.fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	if l.border {
		for _, side := range []string{"left", "right", "top", "bottom"} {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "7F7F7F", Style: 1})
		}
	}
	if l.border && l.across != "center" {
		s.Alignment.Indent = 1 // or text and figures of neighbours would touch
	}
	if l.format != "" {
		s.CustomNumFmt = &l.format
	}
	return s
}

const (
	gray  = "595959"
	red   = "C00000"
	shade = "E7EEF5" // of headings; prints as a light gray
	band  = "F2F2F2" // of totals
)

func newStyles(f *excelize.File) (styles, error) {
	var s styles
	for _, one := range []struct {
		id *int
		l  look
	}{
		{&s.banner, look{size: 12, bold: true, color: red, across: "center", down: "center"}},
		{&s.title, look{size: 14, bold: true, across: "center", down: "center", wrap: true}},
		{&s.subtitle, look{size: 13, bold: true, across: "center", down: "center", wrap: true}},
		{&s.small, look{size: 10, italic: true, color: gray, across: "center", down: "center", wrap: true}},
		{&s.headCaps, look{size: 12, across: "center", down: "center", wrap: true}},
		{&s.headBold, look{size: 12, bold: true, across: "center", down: "center", wrap: true}},
		{&s.motto, look{size: 13, bold: true, across: "center", down: "center"}},
		{&s.rule, look{size: 8, across: "center", down: "top"}},
		{&s.right, look{size: 13, italic: true, across: "center", down: "center"}},
		{&s.label, look{size: 12, color: gray, across: "left", down: "top", wrap: true}},
		{&s.value, look{size: 12, across: "left", down: "top", wrap: true}},
		{&s.section, look{size: 12, bold: true, across: "left", down: "center"}},
		{&s.prose, look{size: 12, across: "left", down: "top", wrap: true}},
		{&s.signer, look{size: 12, bold: true, across: "center", down: "center", wrap: true}},
		{&s.signNote, look{size: 11, italic: true, across: "center", down: "center", wrap: true}},
		{&s.header, look{size: 11, bold: true, fill: shade, across: "center", down: "center", wrap: true, border: true}},
		{&s.headerEN, look{size: 10, italic: true, color: gray, fill: shade, across: "center", down: "center", wrap: true, border: true}},
		{&s.text, look{size: 11, across: "left", down: "center", border: true, shrink: true, format: formatText}},
		{&s.center, look{size: 11, across: "center", down: "center", border: true, shrink: true, format: formatText}},
		{&s.wrap, look{size: 11, across: "left", down: "center", wrap: true, border: true, format: formatText}},
		{&s.mono, look{size: 10, across: "left", down: "center", border: true, shrink: true, format: formatText}},
		{&s.money, look{size: 11, across: "right", down: "center", border: true, format: formatMoney}},
		{&s.count, look{size: 11, across: "right", down: "center", border: true, format: formatMoney}},
		{&s.number, look{size: 11, across: "center", down: "center", border: true, format: "0"}},
		{&s.date, look{size: 11, across: "center", down: "center", border: true, format: formatDate}},
		{&s.percent, look{size: 11, across: "right", down: "center", border: true, format: formatPercent}},
		{&s.totalText, look{size: 11, bold: true, fill: band, across: "left", down: "center", wrap: true, border: true}},
		{&s.totalMoney, look{size: 11, bold: true, fill: band, across: "right", down: "center", border: true, format: formatMoney}},
		{&s.totalCount, look{size: 11, bold: true, fill: band, across: "right", down: "center", border: true, format: formatMoney}},
		{&s.totalPercent, look{size: 11, bold: true, fill: band, across: "right", down: "center", border: true, format: formatPercent}},
		{&s.control, look{size: 11, across: "right", down: "center", border: true, format: formatMoney}},
		{&s.difference, look{size: 11, bold: true, across: "right", down: "center", border: true, format: `#,##0;-#,##0;0`}},
		{&s.capsule, look{size: 11, italic: true, across: "left", down: "center"}},
	} {
		id, err := f.NewStyle(one.l.style())
		if err != nil {
			return styles{}, fmt.Errorf("make a cell style: %w", err)
		}
		*one.id = id
	}
	for _, one := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&s.good, &excelize.Style{Font: &excelize.Font{Color: "1E6B34"}}},
		{&s.wait, &excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF2CC"}}}},
		{&s.bad, &excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F8D7DA"}}}},
		{&s.wrong, &excelize.Style{Font: &excelize.Font{Color: "FFFFFF", Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{red}}}},
	} {
		id, err := f.NewConditionalStyle(one.style)
		if err != nil {
			return styles{}, fmt.Errorf("make a conditional style: %w", err)
		}
		*one.id = id
	}
	return s, nil
}
