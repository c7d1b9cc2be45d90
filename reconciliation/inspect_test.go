package reconciliation_test

import (
	"errors"
	"strings"
	"testing"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/reconciliation"
)

func TestInspectNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	b := &bankBook{key: "A", account: "190001"}
	lines, sum := b.entries("2026-02-05", []entry{{amount: 300_000, id: "X", account: "8800001234"}, {credit: true, amount: 77_777}})
	in, err := reconciliation.Inspect(bankadapters.KindStatement, strings.NewReader(camt053("190001", 3, "2026-02-05", 500_000, 500_000+sum, lines)))
	if err != nil {
		t.Fatal(err)
	}
	if in.Account != "190001" || in.Sequence != 3 || in.Opening != 500_000 || in.Closing != 277_777 ||
		in.Debits != (reconciliation.InspectionTotal{Count: 1, Sum: 300_000}) || in.Credits != (reconciliation.InspectionTotal{Count: 1, Sum: 77_777}) {
		t.Errorf("head and totals: %+v", in)
	}
	if len(in.Entries) != 2 || in.Entries[0].Account != "1234" || in.Entries[0].Amount != money.Amount(300_000) {
		t.Errorf("entries: %+v, want two with the payee's account masked", in.Entries)
	}
	var file *bankadapters.FileError
	if _, err := reconciliation.Inspect(bankadapters.KindStatement, strings.NewReader("x")); !errors.As(err, &file) {
		t.Errorf("error = %v, want a *FileError", err)
	}
}
