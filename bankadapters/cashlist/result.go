package cashlist

import (
	"errors"
	"io"
	"strconv"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// ResultReader reads one result file of a provider. It implements
// [bankadapters.Reader] and can be used once.
type ResultReader struct {
	in       *bankadapters.Records
	rows     int
	position int
	counts   map[bankadapters.TxStatus]int
	sums     map[bankadapters.TxStatus]money.Amount
	seen     map[string]struct{}
}

var _ bankadapters.Reader = (*ResultReader)(nil)

// NewResultReader reads source.
func NewResultReader(source io.Reader) *ResultReader {
	return &ResultReader{
		in:     bankadapters.NewRecords(source, bankadapters.KindProviderResult),
		counts: make(map[bankadapters.TxStatus]int), sums: make(map[bankadapters.TxStatus]money.Amount),
		seen: make(map[string]struct{}),
	}
}

// Read hands over the head, every line as an entry, and last an entry with
// status TxLeftover. Counts, sums, leftover and digest of the trailer must
// agree with the lines, else the error is a *bankadapters.FileError.
func (r *ResultReader) Read(head func(bankadapters.Head) error, entry func(bankadapters.Entry) error) error {
	h, err := r.head()
	if err != nil {
		return err
	}
	if err := head(h); err != nil {
		return err
	}
	for {
		f, err := r.in.Next()
		if errors.Is(err, io.EOF) {
			return r.in.Fail(bankadapters.CodeTruncated, "no trailer line T: the file was cut off, fetch it again")
		}
		if err != nil {
			return err
		}
		if f[0] == "T" {
			last, err := r.trailer(f)
			if err != nil {
				return err
			}
			last.Message = h.Message
			return entry(last)
		}
		e, err := r.line(f)
		if err != nil {
			return err
		}
		e.Message = h.Message
		if err := entry(e); err != nil {
			return err
		}
	}
}

func (r *ResultReader) head() (bankadapters.Head, error) {
	var h bankadapters.Head
	f, err := r.in.Next()
	if errors.Is(err, io.EOF) {
		return h, r.in.Fail(bankadapters.CodeTruncated, "the file is empty")
	}
	if err != nil {
		return h, err
	}
	if len(f) != 7 || f[0] != "H" || f[1] != "1" || f[2] == "" || f[3] == "" {
		return h, r.in.Fail(bankadapters.CodeSyntax, "not a line H,1 of 7 fields with list and provider")
	}
	asOf, err := calendar.ParseISO(f[4])
	if err != nil {
		return h, r.in.Fail(bankadapters.CodeDate, "%v", err)
	}
	sequence, err := strconv.ParseUint(f[5], 10, 31)
	rows, err2 := strconv.ParseUint(f[6], 10, 31)
	if err != nil || err2 != nil {
		return h, r.in.Fail(bankadapters.CodeValue, "sequence %q or rows %q is no number", f[5], f[6])
	}
	r.rows = int(rows)
	return bankadapters.Head{
		Kind: bankadapters.KindProviderResult, FileID: f[2] + "/" + f[5], Message: bankadapters.MessageID(f[2]), Owner: f[3],
		From: asOf, To: asOf, Sequence: int64(sequence), Count: r.rows, HasTotals: true,
	}, nil
}

func (r *ResultReader) line(f []string) (bankadapters.Entry, error) {
	var e bankadapters.Entry
	if len(f) != 7 || f[0] != "R" || f[1] == "" {
		return e, r.in.Fail(bankadapters.CodeSyntax, "not a line R of 7 fields")
	}
	amount, err := money.ParseExact(f[3])
	if err != nil || amount == 0 {
		return e, r.in.Fail(bankadapters.CodeAmount, "%q is no amount in whole đồng above 0", f[3])
	}
	if _, twice := r.seen[f[1]]; twice {
		return e, r.in.Fail(bankadapters.CodeRepeated, "reference %s stands twice", f[1])
	}
	r.seen[f[1]] = struct{}{}
	r.position++
	e = bankadapters.Entry{
		Position: r.position, Side: bankadapters.Debit, Amount: amount, EndToEnd: bankadapters.EndToEndID(f[1]),
		Status: bankadapters.TxStatus(f[2]), LineNumber: r.in.Line(),
	}
	switch e.Status {
	case bankadapters.TxPaid:
		if e.BookDate, err = calendar.ParseISO(f[4]); err != nil {
			return e, r.in.Fail(bankadapters.CodeDate, "a payment without its date: %v", err)
		}
		if f[5] != "signed" && f[5] != "account" {
			return e, r.in.Fail(bankadapters.CodeValue, "paid as %q, expected signed or account", f[5])
		}
		e.EventKind, e.Text = f[5], f[6]
	case bankadapters.TxUnpaid:
		if f[5] == "" {
			return e, r.in.Fail(bankadapters.CodeMissing, "an unpaid line without a reason code")
		}
		e.Code, e.Text = f[5], f[6]
	case bankadapters.TxOpen:
	default:
		return e, r.in.Fail(bankadapters.CodeValue, "state %q is not PAID, UNPAID or OPEN", f[2])
	}
	r.counts[e.Status]++
	if r.sums[e.Status], err = r.sums[e.Status].Add(amount); err != nil {
		return e, r.in.Fail(bankadapters.CodeSum, "%v", err)
	}
	return e, nil
}

// trailer checks T,paid,sum,unpaid,sum,open,sum,leftover,INTERIM|FINAL,digest.
func (r *ResultReader) trailer(f []string) (bankadapters.Entry, error) {
	var e bankadapters.Entry
	if len(f) != 10 {
		return e, r.in.Fail(bankadapters.CodeSyntax, "the trailer has not 10 fields")
	}
	if f[9] != r.in.Before() {
		return e, r.in.Fail(bankadapters.CodeDigest, "the digest of the lines above is another: the file was changed or cut")
	}
	for i, status := range []bankadapters.TxStatus{bankadapters.TxPaid, bankadapters.TxUnpaid, bankadapters.TxOpen} {
		count, sum := f[1+2*i], f[2+2*i]
		if count != strconv.Itoa(r.counts[status]) {
			return e, r.in.Fail(bankadapters.CodeCount, "%d lines %s, %s declared", r.counts[status], status, count)
		}
		if sum != r.sums[status].Exact() {
			return e, r.in.Fail(bankadapters.CodeSum, "lines %s add up to %s đồng, %s declared", status, r.sums[status].Exact(), sum)
		}
	}
	if r.position != r.rows {
		return e, r.in.Fail(bankadapters.CodeCount, "%d lines, %d declared in the head", r.position, r.rows)
	}
	leftover, err := money.ParseExact(f[7])
	if err != nil {
		return e, r.in.Fail(bankadapters.CodeAmount, "leftover %q: %v", f[7], err)
	}
	final := f[8] == "FINAL"
	switch {
	case !final && f[8] != "INTERIM":
		return e, r.in.Fail(bankadapters.CodeValue, "%q is neither INTERIM nor FINAL", f[8])
	case final && leftover != r.sums[bankadapters.TxUnpaid] || !final && leftover != 0:
		return e, r.in.Fail(bankadapters.CodeSum, "a leftover of %s đồng does not follow from the lines of this %s result", leftover, f[8])
	case final && r.counts[bankadapters.TxOpen] > 0:
		return e, r.in.Fail(bankadapters.CodeValue, "a FINAL result with open lines")
	}
	if _, err := r.in.Next(); !errors.Is(err, io.EOF) {
		return e, r.in.Fail(bankadapters.CodeSyntax, "something stands after the trailer")
	}
	return bankadapters.Entry{
		Position: r.position + 1, Side: bankadapters.Credit, Amount: leftover, Status: bankadapters.TxLeftover,
		Code: f[8], BulkCount: r.counts[bankadapters.TxUnpaid], LineNumber: r.in.Line(),
	}, nil
}
