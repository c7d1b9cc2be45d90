package iso20022

import (
	"errors"
	"strings"
	"testing"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

// FuzzStatement: a refusal names its line, and an accepted statement adds up by
// sums this test makes itself.
func FuzzStatement(f *testing.F) {
	f.Add(statement)
	f.Add(strings.ReplaceAll(statement, "001.08", "001.02"))
	f.Add(strings.Replace(statement, ">77777<", ">999999999999999<", 1))
	f.Add(strings.Replace(statement, "TRAN &amp;", "<![CDATA[<Ntry>]]>&#x41;", 1))
	f.Fuzz(func(t *testing.T, in string) {
		got, err := readAll(NewStatementReader(strings.NewReader(in)))
		if err != nil {
			wantLine(t, in, err)
			return
		}
		sum := got.Head.Opening
		details := map[int]money.Amount{}
		bulk := -1
		for i, e := range got.Entries {
			signed := e.Amount
			if e.Side == bankadapters.Debit {
				signed = -signed
			}
			switch {
			case e.Detail:
				details[bulk] += signed
			default:
				bulk = i
				if e.Amount <= 0 {
					t.Fatalf("entry %d has amount %d", i, e.Amount)
				}
				if e.Booked {
					sum += signed
				}
			}
			if e.Position != i+1 || e.LineNumber < 1 {
				t.Fatalf("entry %d has position %d, line %d", i, e.Position, e.LineNumber)
			}
		}
		if sum != got.Head.Closing {
			t.Fatalf("opening %d and entries make %d, closing says %d", got.Head.Opening, sum, got.Head.Closing)
		}
		if got.Head.Account == "" {
			t.Fatal("an accepted statement has no account")
		}
	})
}

// FuzzReport: a pain.002 is refused with a line or every transaction has a status.
func FuzzReport(f *testing.F) {
	f.Add(statusReport)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseReport(strings.NewReader(in))
		if err != nil {
			wantLine(t, in, err)
			return
		}
		for _, tx := range got.Txs {
			if tx.Status == "" || tx.Amount < 0 {
				t.Fatalf("transaction %+v", tx)
			}
		}
	})
}

// FuzzPain001: what the read-back accepts has the count and sum it declares.
func FuzzPain001(f *testing.F) {
	f.Add(string(write(f, submission(instruction(1, 500_000), instruction(2, 1)))))
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ReadPain001(strings.NewReader(in))
		if err != nil {
			wantLine(t, in, err)
			return
		}
		if got.Count < 1 || got.Total < money.Amount(got.Count) || got.Paying == "" {
			t.Fatalf("accepted %+v", got)
		}
	})
}

func wantLine(t *testing.T, in string, err error) {
	t.Helper()
	var bad *bankadapters.FileError
	if !errors.As(err, &bad) {
		t.Fatalf("error %v is no FileError", err)
	}
	if lines := strings.Count(in, "\n") + 1; bad.Line < 1 || bad.Line > lines || bad.Code == "" || bad.Why == "" {
		t.Fatalf("error %+v names no line of %d", bad, lines)
	}
}
