package timeliness

import (
	"fmt"

	"ansinh/bankadapters"
)

// FromBank reads a withdrawal file of channel's through a bank's reader, such
// as withdrawals.NewReader. A file that names another owner is refused.
func FromBank(channel bankadapters.Key, r bankadapters.Reader) Reader { return bankFile{channel, r} }

type bankFile struct {
	channel bankadapters.Key
	in      bankadapters.Reader
}

func (b bankFile) Read(promise func(Promise) error, row func(Row) error) error {
	return b.in.Read(func(h bankadapters.Head) error {
		if h.Kind != bankadapters.KindWithdrawals || h.Owner != string(b.channel) {
			return &bankadapters.FileError{Kind: bankadapters.KindWithdrawals, Line: 1, Code: bankadapters.CodeValue,
				Why: fmt.Sprintf("the file is a %s of %q, not withdrawals of %q", h.Kind, h.Owner, b.channel)}
		}
		scope := h.Text
		if scope == "" {
			scope = h.Coverage
		}
		return promise(Promise{FileID: h.FileID, Scope: scope, From: h.From, To: h.To, Complete: h.CompleteUpTo})
	}, func(e bankadapters.Entry) error {
		return row(Row{Reference: e.EndToEnd, At: e.EventTime, Kind: Kind(e.EventKind), From: e.From, To: e.To,
			Complete: e.CompleteUpTo, Line: e.LineNumber})
	})
}
