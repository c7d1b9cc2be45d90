package iso20022

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// schemas is the folder of ISO schemas beside the repository; "" if absent.
func schemas(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "iso20022")
	if _, err := os.Stat(filepath.Join(dir, "pain.001.001.09.xsd")); err != nil {
		return ""
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		return ""
	}
	return dir
}

func submission(instructions ...bankadapters.Instruction) bankadapters.Submission {
	var total money.Amount
	for _, i := range instructions {
		total += i.Amount
	}
	return bankadapters.Submission{
		Message:   "0E01S000001ABCDEF",
		Bank:      "A",
		Debtor:    bankadapters.Party{Name: "UBND PHUONG MAU", Account: "1900001", BIN: "999001"},
		Initiator: "SO NOI VU MAU",
		Execution: calendar.Must(2026, time.February, 10),
		Created:   time.Date(2026, 2, 9, 1, 30, 0, 0, time.UTC),
		Count:     len(instructions),
		Total:     total,
		Instructions: func(yield func(bankadapters.Instruction) error) error {
			for _, i := range instructions {
				if err := yield(i); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func instruction(n int, amount money.Amount) bankadapters.Instruction {
	return bankadapters.Instruction{
		EndToEnd: bankadapters.EndToEndID(fmt.Sprintf("0E01B1P%08dK", n)),
		Creditor: bankadapters.Party{Name: "NGUYEN VAN A & <B>", Account: fmt.Sprintf("01234%05d", n), BIN: "999002"},
		Amount:   amount,
		Text:     "CHI TRA THEO QUYET DINH 01",
	}
}

func write(t testing.TB, s bankadapters.Submission) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WritePain001(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWritePain001Golden(t *testing.T) {
	t.Parallel()
	s := submission(instruction(1, 500_000), instruction(2, 1_000_000))
	got := write(t, s)
	golden := filepath.Join("testdata", "TestWritePain001.golden")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("pain.001 (-want +got):\n%s", diff)
	}
	if again := write(t, s); !bytes.Equal(got, again) {
		t.Error("the same submission gave other bytes")
	}
	validate(t, "pain.001.001.09.xsd", got)

	back, err := ReadPain001(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Agree(s); err != nil {
		t.Error(err)
	}
}

// validate asks a second program whether the bytes fit the schema.
func validate(t testing.TB, schema string, document []byte) {
	t.Helper()
	dir := schemas(t)
	if dir == "" {
		t.Log("no ../shared/iso20022 or no xmllint: not validated against the schema")
		return
	}
	lint := exec.Command("xmllint", "--noout", "--schema", filepath.Join(dir, schema), "-")
	lint.Stdin = bytes.NewReader(document)
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s", err, out)
	}
}

func TestWritePain001Refuses(t *testing.T) {
	t.Parallel()
	change := func(edit func(*bankadapters.Instruction)) bankadapters.Submission {
		i := instruction(1, 500_000)
		edit(&i)
		return submission(i)
	}
	declare := func(edit func(*bankadapters.Submission)) bankadapters.Submission {
		s := submission(instruction(1, 500_000))
		edit(&s)
		return s
	}
	tests := map[string]bankadapters.Submission{
		"no instruction":                 submission(),
		"a name with accents":            change(func(i *bankadapters.Instruction) { i.Creditor.Name = "NGUYỄN" }),
		"a name with a line break":       change(func(i *bankadapters.Instruction) { i.Creditor.Name = "A\nB" }),
		"no name":                        change(func(i *bankadapters.Instruction) { i.Creditor.Name = "" }),
		"a name of 141 characters":       change(func(i *bankadapters.Instruction) { i.Creditor.Name = strings.Repeat("A", 141) }),
		"an account of 35 characters":    change(func(i *bankadapters.Instruction) { i.Creditor.Account = strings.Repeat("1", 35) }),
		"no bank":                        change(func(i *bankadapters.Instruction) { i.Creditor.BIN = "" }),
		"an amount of zero":              change(func(i *bankadapters.Instruction) { i.Amount = 0 }),
		"an id of 36 characters":         change(func(i *bankadapters.Instruction) { i.EndToEnd = bankadapters.EndToEndID(strings.Repeat("A", 36)) }),
		"a text that ends with a blank":  change(func(i *bankadapters.Instruction) { i.Text = "CHI " }),
		"another count declared":         declare(func(s *bankadapters.Submission) { s.Count = 2 }),
		"another total declared":         declare(func(s *bankadapters.Submission) { s.Total++ }),
		"no execution date":              declare(func(s *bankadapters.Submission) { s.Execution = calendar.Date{} }),
		"no creation time":               declare(func(s *bankadapters.Submission) { s.Created = time.Time{} }),
		"a message id of 36 characters":  declare(func(s *bankadapters.Submission) { s.Message = bankadapters.MessageID(strings.Repeat("M", 36)) }),
		"no name of the paying unit":     declare(func(s *bankadapters.Submission) { s.Initiator = "" }),
		"a paying account that is empty": declare(func(s *bankadapters.Submission) { s.Debtor.Account = "" }),
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := WritePain001(new(bytes.Buffer), s)
			if !errors.Is(err, bankadapters.ErrSubmission) {
				t.Fatalf("error = %v, want ErrSubmission", err)
			}
			if strings.Contains(err.Error(), "NGUYỄN") {
				t.Errorf("the error tells a name: %v", err)
			}
		})
	}
}

// TestReadBackFinds changes one figure of finished bytes at a time.
func TestReadBackFinds(t *testing.T) {
	t.Parallel()
	s := submission(instruction(1, 500_000), instruction(2, 1_000_000))
	good := string(write(t, s))
	tests := map[string][2]string{
		"another amount":         {">500000</InstdAmt>", ">500001</InstdAmt>"},
		"amounts swapped":        {">500000</InstdAmt>", ">1000000</InstdAmt>"},
		"another account":        {"<Id>0123400001</Id>", "<Id>0123400009</Id>"},
		"another name":           {"NGUYEN VAN A", "NGUYEN VAN B"},
		"another bank":           {"<MmbId>999002</MmbId>", "<MmbId>999003</MmbId>"},
		"another paying account": {"<Id>1900001</Id>", "<Id>1900002</Id>"},
		"another day":            {"<Dt>2026-02-10</Dt>", "<Dt>2026-02-11</Dt>"},
		"another message":        {"<MsgId>0E01S", "<MsgId>0E02S"},
		"another id":             {"<EndToEndId>0E01B1P00000001K", "<EndToEndId>0E01B1P00000003K"},
		"one id twice":           {"0E01B1P00000001K", "0E01B1P00000002K"},
		"another currency":       {`Ccy="VND"`, `Ccy="USD"`},
		"another control sum":    {"<CtrlSum>1500000<", "<CtrlSum>1500001<"},
		"another method":         {"TRF", "CHK"},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(good, change[0], change[1], 1)
			if name == "one id twice" {
				bad = strings.ReplaceAll(good, change[0], change[1])
			}
			if bad == good {
				t.Fatalf("%q is not in the message", change[0])
			}
			back, err := ReadPain001(strings.NewReader(bad))
			if err == nil {
				err = back.Agree(s)
			}
			if err == nil {
				t.Error("the read-back agrees with a changed message")
			}
		})
	}
}

func TestWritePain001RoundTrip(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[!-~]([ -~]{0,60}[!-~])?`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "count")
		var all []bankadapters.Instruction
		for i := range n {
			in := instruction(i, money.Amount(rapid.Int64Range(1, 499_999_999).Draw(t, "amount")))
			in.Creditor.Name = text.Draw(t, "name")
			in.Text = text.Draw(t, "text")
			all = append(all, in)
		}
		s := submission(all...)
		var out bytes.Buffer
		if err := WritePain001(&out, s); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPain001(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := back.Agree(s); err != nil {
			t.Fatal(err)
		}
	})
}
