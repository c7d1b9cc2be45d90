package sheet

import (
	"errors"
	"io"
	"strconv"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

const resultTitle = "KẾT QUẢ LỆNH CHI"

// headRowsMax is how far down the headings are searched.
const headRowsMax = 30

// column names what a result's reader needs of a row.
type column int

const (
	columnReference column = iota
	columnName
	columnAccount
	columnAmount
	columnText
	columnStatus
	columnCode
	columnServicer
	columnBooked
	columns
)

var resultHeadings = map[string]column{
	"Mã khoản": columnReference, "Họ tên": columnName, "Số tài khoản": columnAccount, "Số tiền": columnAmount,
	"Nội dung": columnText, "Trạng thái": columnStatus, "Mã lý do": columnCode, "Số bút toán": columnServicer,
	"Ngày hạch toán": columnBooked,
}

// resultWords maps the portal's words to statuses.
var resultWords = map[string]bankadapters.TxStatus{
	"THÀNH CÔNG": bankadapters.TxSettled, "TỪ CHỐI": bankadapters.TxRejected, "ĐANG XỬ LÝ": bankadapters.TxPending,
}

// ResultReader reads one result workbook of a portal. It implements
// [bankadapters.Reader] and can be used once.
type ResultReader struct {
	source   io.Reader
	table    *table
	place    [columns]int
	head     bankadapters.Head
	position int
	total    money.Amount
}

var _ bankadapters.Reader = (*ResultReader)(nil)

// NewResultReader reads source, at most 64 MiB.
func NewResultReader(source io.Reader) *ResultReader {
	return &ResultReader{source: source, head: bankadapters.Head{Kind: bankadapters.KindSheetResult, Count: -1}}
}

// Read hands over the head and one entry per row. The columns are found by
// their headings, in any order. Message and EndToEnd are as the portal kept
// them, perhaps cut to 16 characters. A payment the portal booked twice has two
// rows with different Servicer. Count and sum of the head must be those of the
// rows. An error is a *bankadapters.FileError that names the cell.
func (r *ResultReader) Read(head func(bankadapters.Head) error, entry func(bankadapters.Entry) error) (err error) {
	if r.table, err = openTable(r.source, bankadapters.KindSheetResult); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.table.close()) }()
	if err := r.readHead(); err != nil {
		return err
	}
	if err := head(r.head); err != nil {
		return err
	}
	for {
		more, err := r.table.next()
		if err != nil {
			return err
		}
		if !more || r.table.empty() {
			break
		}
		e, err := r.row()
		if err != nil {
			return err
		}
		if err := entry(e); err != nil {
			return err
		}
	}
	switch {
	case r.position != r.head.Count:
		return r.table.file(bankadapters.CodeCount, "%d rows, the head declares %d: the file was cut or edited", r.position, r.head.Count)
	case r.total != r.head.Total:
		return r.table.file(bankadapters.CodeSum, "rows add up to %s, the head declares %s đồng", r.total, r.head.Total)
	}
	return nil
}

// readHead reads label and value pairs until the row of headings.
func (r *ResultReader) readHead() error {
	t := r.table
	for t.row < headRowsMax {
		more, err := t.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if t.row == 1 && t.at(0) != resultTitle {
			return t.fail(0, bankadapters.CodeNamespace, "the title is %q, expected %q", t.at(0), resultTitle)
		}
		if r.findHeadings() {
			return r.checkHead()
		}
		if err := r.label(); err != nil {
			return err
		}
	}
	return t.file(bankadapters.CodeMissing, "no row with the headings Mã khoản, Số tiền, Trạng thái …")
}

// findHeadings reports whether the current row holds every heading.
func (r *ResultReader) findHeadings() bool {
	for i := range r.place {
		r.place[i] = -1
	}
	for i := range r.table.cell {
		if c, ok := resultHeadings[r.table.at(i)]; ok && r.place[c] < 0 {
			r.place[c] = i
		}
	}
	for _, at := range r.place {
		if at < 0 {
			return false
		}
	}
	return true
}

func (r *ResultReader) label() error {
	t := r.table
	value := t.at(1)
	var err error
	switch t.at(0) {
	case "Số lệnh":
		r.head.Message = bankadapters.MessageID(value)
	case "Tài khoản chi":
		r.head.Account = value
	case "Ngày chi":
		if r.head.From, err = calendar.ParseISO(value); err != nil {
			return t.fail(1, bankadapters.CodeDate, "%v", err)
		}
		r.head.To = r.head.From
	case "Số khoản":
		if r.head.Count, err = strconv.Atoi(value); err != nil || r.head.Count < 0 {
			return t.fail(1, bankadapters.CodeValue, "%q is no count", value)
		}
	case "Tổng tiền":
		if r.head.Total, err = money.ParseExact(value); err != nil {
			return t.fail(1, bankadapters.CodeAmount, "%q is no sum in whole đồng", value)
		}
		r.head.HasTotals = true
	case "Biên nhận":
		r.head.FileID = value
	}
	return nil
}

func (r *ResultReader) checkHead() error {
	h := r.head
	if h.Message == "" || h.Account == "" || h.FileID == "" || h.Count < 0 || !h.HasTotals {
		return r.table.file(bankadapters.CodeMissing, "the head must give Số lệnh, Tài khoản chi, Số khoản, Tổng tiền and Biên nhận")
	}
	return nil
}

func (r *ResultReader) row() (bankadapters.Entry, error) {
	t := r.table
	at := func(c column) string { return t.at(r.place[c]) }
	fail := func(c column, code, format string, args ...any) (bankadapters.Entry, error) {
		return bankadapters.Entry{}, t.fail(r.place[c], code, format, args...)
	}
	amount, err := t.amount(r.place[columnAmount])
	if err != nil {
		return bankadapters.Entry{}, err
	}
	if r.total, err = r.total.Add(amount); err != nil {
		return fail(columnAmount, bankadapters.CodeSum, "%v", err)
	}
	status, ok := resultWords[at(columnStatus)]
	if !ok {
		return fail(columnStatus, bankadapters.CodeValue, "%q is not THÀNH CÔNG, TỪ CHỐI or ĐANG XỬ LÝ", at(columnStatus))
	}
	if at(columnReference) == "" {
		return fail(columnReference, bankadapters.CodeMissing, "a row without its reference")
	}
	r.position++
	e := bankadapters.Entry{
		Position: r.position, Side: bankadapters.Debit, Amount: amount, Message: r.head.Message,
		EndToEnd: bankadapters.EndToEndID(at(columnReference)), Account: at(columnAccount), Name: at(columnName),
		Status: status, Code: at(columnCode), Servicer: at(columnServicer), Text: at(columnText), LineNumber: t.row,
	}
	switch status {
	case bankadapters.TxSettled:
		if e.BookDate, err = calendar.ParseISO(at(columnBooked)); err != nil {
			return fail(columnBooked, bankadapters.CodeDate, "a payment made without its date: %v", err)
		}
		if e.Servicer == "" {
			return fail(columnServicer, bankadapters.CodeMissing, "a payment made without its booking number")
		}
	case bankadapters.TxRejected:
		if e.Code == "" {
			return fail(columnCode, bankadapters.CodeMissing, "a refused payment without its reason")
		}
	}
	return e, nil
}
