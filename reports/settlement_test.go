package reports_test

import (
	"path/filepath"
	"testing"

	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/reports"
)

func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, ".")
}

// ledgerAmount is the amount of a payment, as the list has it.
func ledgerAmount(no int64) money.Amount { return money.Amount(amounts[(no-1)%5]) }

// written is a world played through and the files of its report.
func write(t *testing.T, size int64, rowsMax int) (*world, []reports.File) {
	t.Helper()
	w := newWorld(t, size)
	w.play()
	o := w.options(filepath.Join(t.TempDir(), "quyet-toan.xlsx"))
	o.RowsMax = rowsMax
	files, err := reports.WriteBatch(t.Context(), w.db, o)
	if err != nil {
		t.Fatal(err)
	}
	return w, files
}

func TestWrites(t *testing.T) {
	_, files := write(t, 40, 0)
	t.Log(files)
}
