package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

// The words of the portal's template, docs/BANKS.md §7.
const (
	sheetName     = "LENH CHI"
	templateTitle = "BẢNG KÊ LỆNH CHI"
	headingRow    = 8
)

var (
	headLabels = []string{"Số lệnh", "Tài khoản chi", "Ngày chi", "Số khoản", "Tổng tiền"}
	headings   = []any{"STT", "Mã khoản", "Họ tên", "Số tài khoản", "Mã ngân hàng", "Số tiền", "Nội dung"}
)

// excelMax is the largest whole number a spreadsheet shows with all its digits.
const excelMax money.Amount = 999_999_999_999_999

// Template is the wire of a portal bank.
type Template struct {
	Notice string // stands in C1, such as DỮ LIỆU GIẢ LẬP; "" for none
}

var _ bankadapters.Wire = Template{}

// WriteSubmission writes s as the portal's workbook. The bytes depend on s and
// the notice alone. An error matches bankadapters.ErrSubmission when s does not
// fit: rows 5 and 6 are the control totals and must be those of the rows.
func (t Template) WriteSubmission(w io.Writer, s bankadapters.Submission) error {
	book := excelize.NewFile()
	defer book.Close()
	if err := t.fill(book, s); err != nil {
		return fmt.Errorf("write template of submission %s: %w", s.Message, err)
	}
	if err := book.Write(w); err != nil {
		return fmt.Errorf("write template of submission %s: %w", s.Message, err)
	}
	return nil
}

func (t Template) fill(book *excelize.File, s bankadapters.Submission) error {
	if s.Count < 1 || s.Total < 1 || s.Total > excelMax || s.Execution.IsZero() {
		return fmt.Errorf("%w: declares %d payments of %s đồng on %q", bankadapters.ErrSubmission, s.Count, s.Total, s.Execution)
	}
	if err := check("submission reference", string(s.Message), 35); err != nil {
		return err
	}
	if err := check("paying account", s.Debtor.Account, 34); err != nil {
		return err
	}
	if err := book.SetSheetName("Sheet1", sheetName); err != nil {
		return err
	}
	// A fixed creation time keeps the bytes a function of the submission.
	created := s.Created.UTC().Format("2006-01-02T15:04:05Z")
	if err := book.SetDocProps(&excelize.DocProperties{Creator: "An Sinh", Created: created, Modified: created}); err != nil {
		return err
	}
	sheet, err := newRows(book)
	if err != nil {
		return err
	}
	if err := t.head(sheet, s); err != nil {
		return err
	}
	if err := payments(sheet, s); err != nil {
		return err
	}
	return sheet.out.Flush()
}

// rows writes a sheet from top to bottom with the three cell styles.
type rows struct {
	out          *excelize.StreamWriter
	text, number int
	bold         int
}

func newRows(book *excelize.File) (*rows, error) {
	out, err := book.NewStreamWriter(sheetName)
	if err != nil {
		return nil, err
	}
	r := &rows{out: out}
	for _, style := range []struct {
		id   *int
		make excelize.Style
	}{
		{&r.text, excelize.Style{NumFmt: 49}}, // "@": stays text when a clerk saves it
		{&r.number, excelize.Style{NumFmt: 3}},
		{&r.bold, excelize.Style{Font: &excelize.Font{Bold: true}}},
	} {
		if *style.id, err = book.NewStyle(&style.make); err != nil {
			return nil, err
		}
	}
	return r, errors.Join(
		out.SetColWidth(1, 1, 8), out.SetColWidth(2, 2, 22), out.SetColWidth(3, 3, 34), out.SetColWidth(4, 4, 24),
		out.SetColWidth(5, 5, 14), out.SetColWidth(6, 6, 18), out.SetColWidth(7, 7, 44))
}

func (r *rows) set(row int, cells ...any) error {
	return r.out.SetRow(fmt.Sprintf("A%d", row), cells)
}

func (r *rows) asText(text string) any {
	return excelize.Cell{StyleID: r.text, Value: text}
}

func (r *rows) asNumber(n int64) any {
	return excelize.Cell{StyleID: r.number, Value: n}
}

func (t Template) head(r *rows, s bankadapters.Submission) error {
	title := []any{excelize.Cell{StyleID: r.bold, Value: templateTitle}}
	if t.Notice != "" {
		title = append(title, nil, excelize.Cell{StyleID: r.bold, Value: t.Notice})
	}
	if err := r.set(1, title...); err != nil {
		return err
	}
	values := []any{
		r.asText(string(s.Message)), r.asText(s.Debtor.Account), r.asText(s.Execution.String()),
		r.asNumber(int64(s.Count)), r.asNumber(int64(s.Total)),
	}
	for i, label := range headLabels {
		if err := r.set(i+2, label, values[i]); err != nil {
			return err
		}
	}
	return r.set(headingRow, headings...)
}

func payments(r *rows, s bankadapters.Submission) error {
	n, total := 0, money.Amount(0)
	err := s.Instructions(func(i bankadapters.Instruction) error {
		n++
		if i.Amount < 1 || i.Amount > excelMax {
			return fmt.Errorf("%w: payment %d has an amount of %s đồng", bankadapters.ErrSubmission, n, i.Amount)
		}
		for _, c := range []struct {
			what, text string
			max        int
		}{
			// The portal keeps 16 characters of a reference; ours has 16.
			{"reference", string(i.EndToEnd), 16}, {"name", i.Creditor.Name, 140},
			{"account", i.Creditor.Account, 34}, {"bank number", i.Creditor.BIN, 6},
		} {
			if err := check(c.what, c.text, c.max); err != nil {
				return fmt.Errorf("payment %d: %w", n, err)
			}
		}
		if i.Text != "" {
			if err := check("text", i.Text, 140); err != nil {
				return fmt.Errorf("payment %d: %w", n, err)
			}
		}
		var err error
		if total, err = total.Add(i.Amount); err != nil {
			return fmt.Errorf("%w: the sum: %w", bankadapters.ErrSubmission, err)
		}
		return r.set(headingRow+n, r.asNumber(int64(n)), r.asText(string(i.EndToEnd)), r.asText(i.Creditor.Name),
			r.asText(i.Creditor.Account), r.asText(i.Creditor.BIN), r.asNumber(int64(i.Amount)), r.asText(i.Text))
	})
	if err != nil {
		return err
	}
	if n != s.Count || total != s.Total {
		return fmt.Errorf("%w: declares %d payments of %s đồng, has %d of %s", bankadapters.ErrSubmission, s.Count, s.Total, n, total)
	}
	return nil
}

// check refuses a text the portal cannot keep, and one that a spreadsheet could
// take for a formula. It never repeats the text: it may be a name.
func check(what, text string, max int) error {
	odd := strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c > 0x7e })
	if text == "" || len(text) > max || odd || strings.ContainsAny(text[:1], "=+-@ ") || strings.HasSuffix(text, " ") {
		return fmt.Errorf("%w: %s must be 1 to %d printable ASCII characters and begin with none of = + - @", bankadapters.ErrSubmission, what, max)
	}
	return nil
}
