package registry

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
)

// TemplateOptions say whose template it is.
type TemplateOptions struct {
	Unit       Unit
	Programme  string
	Title      string        // of the list, Vietnamese
	Month      calendar.Date // the list is for, behind the title; zero where none is named
	Categories []string      // codes offered in the drop-down, at least one
	Demo       bool          // marks the sheet and offers the invented banks
	Lines      []Line        // written into it, from LastRows; none = an empty list
	// Changes adds the column of marks, with which the list says what is different
	// from the Lines of last month. Without it the list is a whole one.
	Changes  bool
	Password string // "" = none
}

// The rows of a template: titles above, then headings, then rows to fill in.
const (
	templateHeader = 5
	templateRows   = 3000
)

// WriteTemplate writes a list for a unit, empty or with the people of last time:
// headings, text format where
// digits must survive, drop-downs for category, way of payment, sex and bank.
func WriteTemplate(w io.Writer, options TemplateOptions) error {
	file := excelize.NewFile()
	defer file.Close()
	t := template{file: file, options: options}
	t.sheets()
	t.head()
	t.formats()
	t.printed()
	t.choices()
	t.fill()
	if t.err == nil {
		t.err = file.Write(w, excelize.Options{Password: options.Password})
	}
	if t.err != nil {
		return fmt.Errorf("write template of %s: %w", options.Unit.Code, t.err)
	}
	return nil
}

// template writes piece by piece and keeps the first error.
type template struct {
	file    *excelize.File
	options TemplateOptions
	err     error
}

const (
	templateSheet = "Danh sách"
	choiceSheet   = "Danh mục"
)

func (t *template) do(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *template) sheets() {
	t.do(t.file.SetSheetName("Sheet1", templateSheet))
	_, err := t.file.NewSheet(choiceSheet)
	t.do(err)
	t.do(t.file.SetSheetVisible(choiceSheet, false))
}

func (t *template) head() {
	t.do(t.file.SetCellStr(templateSheet, "A1", "ỦY BAN NHÂN DÂN "+t.options.Unit.NameVI))
	t.do(t.file.SetCellStr(templateSheet, "A2", t.title()))
	t.do(t.file.SetCellStr(templateSheet, "A3", "Chương trình: "+t.options.Programme+". Mã đơn vị: "+t.options.Unit.Code))
	if t.options.Demo {
		t.do(t.file.SetCellStr(templateSheet, "A4", "DỮ LIỆU GIẢ LẬP"))
	}
	bold, err := t.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true},
		Alignment: &excelize.Alignment{WrapText: true, Horizontal: "center", Vertical: "center"}})
	t.do(err)
	if t.options.Changes {
		t.do(t.file.SetCellStr(templateSheet, "C4", changeHint))
	}
	for c := range t.columns() {
		cell := fmt.Sprintf("%s%d", columnLetters(int(c)), templateHeader)
		t.do(t.file.SetCellStr(templateSheet, cell, c.Title()))
		t.do(t.file.SetCellStyle(templateSheet, cell, cell, bold))
	}
	t.do(t.file.SetPanes(templateSheet, &excelize.Panes{Freeze: true, YSplit: templateHeader,
		TopLeftCell: fmt.Sprintf("A%d", templateHeader+1), ActivePane: "bottomLeft"}))
}

// title is that of the list, with its month.
func (t *template) title() string {
	if t.options.Month.IsZero() {
		return t.options.Title
	}
	return fmt.Sprintf("%s THÁNG %02d/%d", t.options.Title, int(t.options.Month.Month()), t.options.Month.Year())
}

// formats makes every column text, so that no spreadsheet drops a zero; only
// the amount is a number.
func (t *template) formats() {
	const textFormat, thousandsFormat = 49, 3
	text, err := t.file.NewStyle(&excelize.Style{NumFmt: textFormat})
	t.do(err)
	number, err := t.file.NewStyle(&excelize.Style{NumFmt: thousandsFormat})
	t.do(err)
	for c := range t.columns() {
		style := text
		if c == ColAmount || c == ColNumber {
			style = number
		}
		letters := columnLetters(int(c))
		t.do(t.file.SetCellStyle(templateSheet, fmt.Sprintf("%s%d", letters, templateHeader+1),
			fmt.Sprintf("%s%d", letters, templateHeader+t.rows()), style))
		t.width(c)
	}
	t.do(t.file.SetRowHeight(templateSheet, templateHeader, 32))
}

// width fits what people write into a column.
func (t *template) width(c Column) {
	letters := columnLetters(int(c))
	switch c {
	case ColNumber, ColSex:
		t.do(t.file.SetColWidth(templateSheet, letters, letters, 8))
	case ColBirth, ColPhone, ColMethod, ColAmount, ColChange:
		t.do(t.file.SetColWidth(templateSheet, letters, letters, 13))
	case ColName, ColCategory, ColDecision, ColBank, ColHolder, ColPayee:
		t.do(t.file.SetColWidth(templateSheet, letters, letters, 26))
	default:
		t.do(t.file.SetColWidth(templateSheet, letters, letters, 18))
	}
}

// printed sets what a printer needs: all columns on one page, A3 across, headings on
// every page.
func (t *template) printed() {
	fit, landscape, a3, one, many := true, "landscape", 8, 1, 0
	t.do(t.file.SetSheetProps(templateSheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	t.do(t.file.SetPageLayout(templateSheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a3, FitToWidth: &one, FitToHeight: &many}))
	t.do(t.file.SetHeaderFooter(templateSheet, &excelize.HeaderFooterOptions{OddFooter: "&L&F&RTrang &P/&N"}))
	t.do(t.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: templateSheet,
		RefersTo: fmt.Sprintf("'%s'!$%d:$%d", templateSheet, templateHeader, templateHeader)}))
}

// fill writes the people of last time under the headings.
func (t *template) fill() {
	for i, line := range t.options.Lines {
		for column, value := range line.cells(i + 1) {
			if value == nil || value == "" {
				continue
			}
			t.do(t.file.SetCellValue(templateSheet, fmt.Sprintf("%s%d", columnLetters(column), templateHeader+1+i), value))
		}
	}
}

// changeHint stands above the headings of a list that says what changed.
const changeHint = "Cột “Tăng / Giảm / Đổi”: dòng để trống giữ nguyên như tháng trước; người mới thêm dòng và ghi Tăng; thôi hưởng ghi Giảm kèm số, ngày quyết định hoặc lý do; sửa ô nào thì ghi Đổi. Không xóa dòng."

// columns are those the template has.
func (t *template) columns() Column {
	if t.options.Changes {
		return columnCount
	}
	return ColChange
}

// rows are as many as are made ready for writing.
func (t *template) rows() int { return max(templateRows, len(t.options.Lines)+200) }

// choices fills the hidden sheet and points the drop-downs at it: a list typed
// into the validation itself may hold 255 characters only.
func (t *template) choices() {
	var categories, banksOffered []string
	known := make(map[string]Category)
	for _, c := range Categories() {
		known[c.Code] = c
	}
	for _, code := range t.options.Categories {
		c, ok := known[code]
		if !ok {
			t.do(fmt.Errorf("category %s is not known", code))
			return
		}
		categories = append(categories, c.Code+" - "+c.NameVI)
	}
	for _, record := range mustTable("data/banks.csv") {
		banksOffered = append(banksOffered, record["bin"]+" - "+record["short_name"])
	}
	if t.options.Demo {
		banksOffered = nil
		for _, record := range mustTable("data/banks-demo.csv") {
			banksOffered = append(banksOffered, record["name_vi"])
		}
	}
	lists := []struct {
		column Column
		values []string
	}{
		{ColCategory, categories},
		{ColMethod, []string{"Tài khoản", "Tiền mặt", "Tại nhà", "BHXH"}},
		{ColSex, []string{"Nam", "Nữ"}},
		{ColBank, banksOffered},
	}
	if t.options.Changes {
		lists = append(lists, lists[0])
		lists[len(lists)-1].column, lists[len(lists)-1].values = ColChange, changeMarks
	}
	for i, list := range lists {
		letters := columnLetters(i)
		t.do(t.file.SetSheetCol(choiceSheet, letters+"1", &list.values))
		validation := excelize.NewDataValidation(true)
		column := columnLetters(int(list.column))
		validation.SetSqref(fmt.Sprintf("%s%d:%s%d", column, templateHeader+1, column, templateHeader+t.rows()))
		validation.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$1:$%s$%d", choiceSheet, letters, letters, len(list.values)))
		// A stop would refuse names the intake understands.
		validation.SetError(excelize.DataValidationErrorStyleWarning, "Kiểm tra lại", "Nên chọn từ danh sách thả xuống.")
		t.do(t.file.AddDataValidation(templateSheet, validation))
	}
}
