// Package withdrawals reads the files in which a bank or provider says when
// people first took or spent the money.
//
// # The rule
//
// A row stands for every covered payment, with or without an event. A payment
// without a row is not covered and nothing may be concluded about it; a row
// without an event says "nothing between these dates, known up to this moment".
//
// # The picture
//
//	H,1,bank,file date,all|part,from,to,complete up to,rows,statement of coverage
//	W,reference,first event,kind,from/to,complete up to
//	T,rows,digest of all bytes before
//
// # What this package does not do
//
// It takes in the five agreed fields and refuses a row with more: no balance,
// amount, place or later history of a person may enter the engine. It computes
// no time and no curve.
package withdrawals

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
)

// Reader reads one withdrawal file. It implements [bankadapters.Reader] and can
// be used once.
type Reader struct {
	in *bankadapters.Records
}

var _ bankadapters.Reader = (*Reader)(nil)

// NewReader reads source.
func NewReader(source io.Reader) *Reader {
	return &Reader{in: bankadapters.NewRecords(source, bankadapters.KindWithdrawals)}
}

// Read hands over the head (Owner, From, To, Coverage, CompleteUpTo, Text) and
// one entry per covered payment (EndToEnd, EventTime and EventKind if there was
// an event, From, To, CompleteUpTo). Everything wrong with the file is a
// *bankadapters.FileError.
func (r *Reader) Read(head func(bankadapters.Head) error, entry func(bankadapters.Entry) error) error {
	h, err := r.head()
	if err != nil {
		return err
	}
	if err := head(h); err != nil {
		return err
	}
	for rows := 0; ; rows++ {
		f, err := r.in.Next()
		if errors.Is(err, io.EOF) {
			return r.in.Fail(bankadapters.CodeTruncated, "no trailer line T: the file was cut off, fetch it again")
		}
		if err != nil {
			return err
		}
		if f[0] == "T" {
			return r.trailer(f, rows, h.Count)
		}
		e, err := r.row(f)
		if err != nil {
			return err
		}
		e.Position = rows + 1
		if err := entry(e); err != nil {
			return err
		}
	}
}

func (r *Reader) head() (bankadapters.Head, error) {
	var h bankadapters.Head
	f, err := r.in.Next()
	if errors.Is(err, io.EOF) {
		return h, r.in.Fail(bankadapters.CodeTruncated, "the file is empty")
	}
	if err != nil {
		return h, err
	}
	if len(f) != 10 || f[0] != "H" || f[1] != "1" || f[2] == "" {
		return h, r.in.Fail(bankadapters.CodeSyntax, "not a line H,1 of 10 fields that names its bank")
	}
	if f[4] != "all" && f[4] != "part" {
		return h, r.in.Fail(bankadapters.CodeValue, "coverage %q is neither all nor part", f[4])
	}
	made, err0 := calendar.ParseISO(f[3])
	from, err1 := calendar.ParseISO(f[5])
	to, err2 := calendar.ParseISO(f[6])
	complete, err3 := time.Parse(time.RFC3339, f[7])
	if err := errors.Join(err0, err1, err2, err3); err != nil {
		return h, r.in.Fail(bankadapters.CodeDate, "%v", err)
	}
	if to.Before(from) {
		return h, r.in.Fail(bankadapters.CodeDate, "covered from %s to %s", from, to)
	}
	rows, err := strconv.ParseUint(f[8], 10, 31)
	if err != nil {
		return h, r.in.Fail(bankadapters.CodeValue, "rows %q is no number", f[8])
	}
	return bankadapters.Head{
		Kind: bankadapters.KindWithdrawals, FileID: f[2] + "/" + f[3], Owner: f[2], From: from, To: to, Created: made.Start(),
		Count: int(rows), HasTotals: true, Coverage: f[4], CompleteUpTo: complete.UTC(), Text: f[9],
	}, nil
}

func (r *Reader) row(f []string) (bankadapters.Entry, error) {
	e := bankadapters.Entry{LineNumber: r.in.Line()}
	if len(f) != 6 || f[0] != "W" || f[1] == "" {
		return e, r.in.Fail(bankadapters.CodeSyntax, "not a line W with exactly the five agreed fields")
	}
	first, last, ok := strings.Cut(f[4], "/")
	from, err1 := calendar.ParseISO(first)
	to, err2 := calendar.ParseISO(last)
	complete, err3 := time.Parse(time.RFC3339, f[5])
	if err := errors.Join(err1, err2, err3); err != nil || !ok || to.Before(from) {
		return e, r.in.Fail(bankadapters.CodeDate, "period %q or complete up to %q", f[4], f[5])
	}
	e.EndToEnd, e.From, e.To, e.CompleteUpTo = bankadapters.EndToEndID(f[1]), from, to, complete.UTC()
	if (f[2] == "") != (f[3] == "") {
		return e, r.in.Fail(bankadapters.CodeMissing, "an event needs both its time and its kind")
	}
	if f[2] == "" {
		return e, nil
	}
	at, err := time.Parse(time.RFC3339, f[2])
	if err != nil {
		return e, r.in.Fail(bankadapters.CodeDate, "event time %q", f[2])
	}
	if f[3] != "cash" && f[3] != "spend" && f[3] != "signed" {
		return e, r.in.Fail(bankadapters.CodeValue, "kind %q is not cash, spend or signed", f[3])
	}
	if at.After(complete) || at.Before(from.Start()) {
		return e, r.in.Fail(bankadapters.CodeDate, "the event lies outside what the row covers")
	}
	e.EventTime, e.EventKind = at.UTC(), f[3]
	return e, nil
}

func (r *Reader) trailer(f []string, rows, declared int) error {
	switch {
	case len(f) != 3:
		return r.in.Fail(bankadapters.CodeSyntax, "the trailer has not 3 fields")
	case f[2] != r.in.Before():
		return r.in.Fail(bankadapters.CodeDigest, "the digest of the lines above is another: the file was changed or cut")
	case rows != declared || f[1] != strconv.Itoa(rows):
		return r.in.Fail(bankadapters.CodeCount, "%d rows, declared %d and %s", rows, declared, f[1])
	}
	if _, err := r.in.Next(); !errors.Is(err, io.EOF) {
		return r.in.Fail(bankadapters.CodeSyntax, "something stands after the trailer")
	}
	return nil
}
