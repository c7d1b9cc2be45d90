package cashlist

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func submission(n int) bankadapters.Submission {
	s := bankadapters.Submission{
		Message: "0E01L000001ABCDEF", Bank: "P1", Debtor: bankadapters.Party{Account: "1900001"},
		Execution: calendar.Must(2026, 2, 10), Count: n,
	}
	for i := range n {
		s.Total += money.Amount(300_000 + i)
	}
	s.Instructions = func(yield func(bankadapters.Instruction) error) error {
		for i := range n {
			in := bankadapters.Instruction{
				EndToEnd: bankadapters.EndToEndID(fmt.Sprintf("0E01B1P%08dK", i)), Amount: money.Amount(300_000 + i),
				Creditor: bankadapters.Party{Name: `Nguyễn Thị "Tư", bà`, Account: fmt.Sprintf("HT%06d", i)},
				Person:   fmt.Sprintf("000150%06d", i), Unit: "00001",
			}
			if err := yield(in); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

func write(t *testing.T, s bankadapters.Submission) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteList(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteListGolden(t *testing.T) {
	t.Parallel()
	s := submission(2)
	got := write(t, s)
	const golden = "testdata/TestWriteList.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	back, err := List{}.ReadSubmission(strings.NewReader(got), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Agree(s); err != nil {
		t.Error(err)
	}
}

func TestReadListFindsEveryChange(t *testing.T) {
	t.Parallel()
	s := submission(3)
	good := write(t, s)
	for i := range len(good) {
		bad := good[:i] + string(good[i]^1) + good[i+1:]
		back, err := ReadList(strings.NewReader(bad), s.Debtor.Account)
		if err == nil {
			err = back.Agree(s)
		}
		// The provider's id is the one field payout checks elsewhere; the
		// digest in the trailer finds its change as any other.
		if err == nil {
			t.Fatalf("byte %d changed in %q is not found", i, good[max(0, i-10):min(len(good), i+10)])
		}
	}
	for i := range len(good) {
		if _, err := ReadList(strings.NewReader(good[:i]), ""); err == nil {
			t.Fatalf("a list cut at byte %d is accepted", i)
		}
	}
}

func TestWriteListRefuses(t *testing.T) {
	t.Parallel()
	short := submission(2)
	short.Count = 3
	long := submission(1)
	long.Message = bankadapters.MessageID(strings.Repeat("M", 36))
	for name, s := range map[string]bankadapters.Submission{"another count": short, "a long id": long, "no line": submission(0)} {
		if err := WriteList(new(bytes.Buffer), s); !errors.Is(err, bankadapters.ErrSubmission) {
			t.Errorf("%s: error = %v, want ErrSubmission", name, err)
		}
	}
}

// result is a provider's file with its trailer made as docs/BANKS.md §8 says.
func result(trailer string, lines ...string) string {
	body := strings.Join(lines, "\n") + "\n"
	sum := sha256.Sum256([]byte(body))
	return body + trailer + "," + hex.EncodeToString(sum[:]) + "\n"
}

const (
	resultHead = "H,1,L1,P1,2026-02-12,2,3"
	paid       = "R,E1,PAID,300000,2026-02-11,account,"
	unpaid     = "R,E2,UNPAID,300001,,DECEASED,Đã mất"
	open       = "R,E3,OPEN,300002,,,"
	interim    = "T,1,300000,1,300001,1,300002,0,INTERIM"
)

func readResults(text string) (h bankadapters.Head, all []bankadapters.Entry, err error) {
	err = NewResultReader(strings.NewReader(text)).Read(
		func(got bankadapters.Head) error { h = got; return nil },
		func(e bankadapters.Entry) error { all = append(all, e); return nil })
	return h, all, err
}

func TestResultReader(t *testing.T) {
	t.Parallel()
	h, got, err := readResults(result(interim, resultHead, paid, unpaid, open))
	if err != nil {
		t.Fatal(err)
	}
	if h.Message != "L1" || h.Owner != "P1" || h.Sequence != 2 || h.Count != 3 {
		t.Errorf("head %+v", h)
	}
	want := []bankadapters.Entry{
		{Position: 1, Side: bankadapters.Debit, Amount: 300_000, EndToEnd: "E1", Message: "L1", Status: bankadapters.TxPaid, BookDate: calendar.Must(2026, 2, 11), EventKind: "account", LineNumber: 2},
		{Position: 2, Side: bankadapters.Debit, Amount: 300_001, EndToEnd: "E2", Message: "L1", Status: bankadapters.TxUnpaid, Code: "DECEASED", Text: "Đã mất", LineNumber: 3},
		{Position: 3, Side: bankadapters.Debit, Amount: 300_002, EndToEnd: "E3", Message: "L1", Status: bankadapters.TxOpen, LineNumber: 4},
		{Position: 4, Side: bankadapters.Credit, Message: "L1", Status: bankadapters.TxLeftover, Code: "INTERIM", BulkCount: 1, LineNumber: 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestResultReaderRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text, code string
		line       int
	}{
		"another paid sum":               {result("T,1,300001,1,300001,1,300002,0,INTERIM", resultHead, paid, unpaid, open), bankadapters.CodeSum, 5},
		"another unpaid count":           {result("T,1,300000,2,300001,1,300002,0,INTERIM", resultHead, paid, unpaid, open), bankadapters.CodeCount, 5},
		"a leftover before the end":      {result("T,1,300000,1,300001,1,300002,300001,INTERIM", resultHead, paid, unpaid, open), bankadapters.CodeSum, 5},
		"final with open lines":          {result("T,1,300000,1,300001,1,300002,300001,FINAL", resultHead, paid, unpaid, open), bankadapters.CodeValue, 5},
		"paid without a date":            {result(interim, resultHead, strings.Replace(paid, "2026-02-11", "", 1), unpaid, open), bankadapters.CodeDate, 2},
		"unpaid without a reason":        {result(interim, resultHead, paid, "R,E2,UNPAID,300001,,,", open), bankadapters.CodeMissing, 3},
		"a reference twice":              {result(interim, resultHead, paid, strings.Replace(unpaid, "E2", "E1", 1), open), bankadapters.CodeRepeated, 3},
		"half a đồng":                    {result(interim, resultHead, strings.Replace(paid, "300000", "300000.5", 1), unpaid, open), bankadapters.CodeAmount, 2},
		"a state nobody agreed":          {result(interim, resultHead, strings.Replace(paid, "PAID", "DONE", 1), unpaid, open), bankadapters.CodeValue, 2},
		"another digest":                 {strings.Replace(result(interim, resultHead, paid, unpaid, open), "Đã mất", "Đã  mất", 1), bankadapters.CodeDigest, 5},
		"cut off":                        {resultHead + "\n" + paid + "\n", bankadapters.CodeTruncated, 2},
		"a quote inside a field":         {result(interim, resultHead, `R,E"1,PAID,300000,2026-02-11,account,`, unpaid, open), bankadapters.CodeSyntax, 2},
		"the head declares another size": {result(interim, strings.Replace(resultHead, ",3", ",4", 1), paid, unpaid, open), bankadapters.CodeCount, 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := readResults(tt.text)
			var bad *bankadapters.FileError
			if !errors.As(err, &bad) || bad.Code != tt.code || bad.Line != tt.line {
				t.Errorf("error = %v, want %s on line %d", err, tt.code, tt.line)
			}
		})
	}
}

// FuzzResult: a refusal names its line; an accepted result adds up.
func FuzzResult(f *testing.F) {
	f.Add(result(interim, resultHead, paid, unpaid, open))
	f.Fuzz(func(t *testing.T, in string) {
		h, all, err := readResults(in)
		if err != nil {
			var bad *bankadapters.FileError
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Line > strings.Count(in, "\n")+1 {
				t.Fatalf("error %v names no line", err)
			}
			return
		}
		if len(all) != h.Count+1 || all[len(all)-1].Status != bankadapters.TxLeftover {
			t.Fatalf("%d lines, declared %d", len(all)-1, h.Count)
		}
	})
}
