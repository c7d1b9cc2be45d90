package reconciliation

import (
	"fmt"
	"io"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

// Inspection is what a file says, without a database and without any match.
// Account numbers of payees are shown by their last four digits.
type Inspection struct {
	Kind     string            `json:"kind"`
	FileID   string            `json:"file_id"`
	Account  string            `json:"account"`
	Message  string            `json:"message,omitempty"`
	Sequence int64             `json:"sequence"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Opening  money.Amount      `json:"opening"`
	Closing  money.Amount      `json:"closing"`
	Credits  InspectionTotal   `json:"credits"`
	Debits   InspectionTotal   `json:"debits"`
	Entries  []InspectionEntry `json:"entries"`
	More     int               `json:"more,omitempty"` // entries beyond the list
}

// InspectionTotal is a count and a sum of booked entries.
type InspectionTotal struct {
	Count int          `json:"count"`
	Sum   money.Amount `json:"sum"`
}

// InspectionEntry is one line of the file.
type InspectionEntry struct {
	Position int          `json:"position"`
	Detail   bool         `json:"detail,omitempty"`
	Side     string       `json:"side"`
	Amount   money.Amount `json:"amount"`
	Booked   bool         `json:"booked"`
	BookDate string       `json:"book_date,omitempty"`
	Servicer string       `json:"servicer,omitempty"`
	EndToEnd string       `json:"end_to_end,omitempty"`
	Batch    string       `json:"batch,omitempty"`
	Account  string       `json:"account,omitempty"`
	Status   string       `json:"status,omitempty"`
	Code     string       `json:"code,omitempty"`
	Return   bool         `json:"return,omitempty"`
	Line     int          `json:"line,omitempty"`
}

const inspectMax = 100_000

// Inspect reads a whole file with reader. A file that does not add up is an
// error that names the line, and no Inspection.
func Inspect(kind bankadapters.Kind, body io.Reader) (Inspection, error) {
	open, ok := Readers()[kind]
	if !ok {
		no := refusal{code: codeKind, why: fmt.Sprintf("Không đọc được loại tệp %q. / Files of kind %q cannot be read.", kind, kind)}
		return Inspection{}, no.err()
	}
	in := Inspection{Entries: []InspectionEntry{}}
	err := open(body).Read(func(h bankadapters.Head) error {
		in.Kind, in.FileID, in.Account, in.Message, in.Sequence = string(h.Kind), h.FileID, h.Account, string(h.Message), h.Sequence
		in.From, in.To, in.Opening, in.Closing = h.From.String(), h.To.String(), h.Opening, h.Closing
		return nil
	}, in.entry)
	if err != nil {
		return Inspection{}, fmt.Errorf("inspect: %w", err)
	}
	return in, nil
}

func (in *Inspection) entry(e bankadapters.Entry) error {
	if e.Booked && !e.Detail {
		total := &in.Credits
		if e.Side == bankadapters.Debit {
			total = &in.Debits
		}
		total.Count++
		var err error
		if total.Sum, err = total.Sum.Add(e.Amount); err != nil {
			return err
		}
	}
	if len(in.Entries) == inspectMax {
		in.More++
		return nil
	}
	date := ""
	if !e.BookDate.IsZero() {
		date = e.BookDate.String()
	}
	in.Entries = append(in.Entries, InspectionEntry{Position: e.Position, Detail: e.Detail, Side: string(e.Side), Amount: e.Amount, Booked: e.Booked,
		BookDate: date, Servicer: e.Servicer, EndToEnd: string(e.EndToEnd), Batch: string(e.Batch), Account: tail(e.Account),
		Status: string(e.Status), Code: e.Code, Return: e.Return, Line: e.LineNumber})
	return nil
}
