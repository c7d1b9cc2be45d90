package reports_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

var render = flag.String("render", "", "a folder: write the sample workbook there and turn it into PDF and pictures, to be looked at")

// TestSampleRenders writes a workbook of 160 payments. With -render DIR it is
// kept, and LibreOffice and pdftoppm draw its pages:
//
//	go test ./reports -run TestSampleRenders -render /tmp/pages
func TestSampleRenders(t *testing.T) {
	t.Parallel()
	_, files := write(t, 40, 0)
	if len(files) != 1 || files[0].Rows != 160 {
		t.Fatalf("files = %+v, want one with 160 rows", files)
	}
	if *render == "" {
		return
	}
	content, err := os.ReadFile(files[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(*render, filepath.Base(files[0].Path))
	if err := errors.Join(os.MkdirAll(*render, 0o755), os.WriteFile(path, content, 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"soffice", "--headless", "--convert-to", "pdf", "--outdir", *render, path},
		{"pdftoppm", "-png", "-r", "70", strings.TrimSuffix(path, ".xlsx") + ".pdf", filepath.Join(*render, "page")},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
}
