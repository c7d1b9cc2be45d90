package reports

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// RowsMax is how many payments one workbook holds; above it the report is split
// by commune.
const RowsMax = 500_000

// amountMax is the greatest sum a spreadsheet adds exactly: 15 digits.
const amountMax money.Amount = 999_999_999_999_999

// Issuer is who puts a paper out, as its heading prints it.
type Issuer struct {
	Superior string // the body above, or ""
	Name     string // empty: the batch's only book, or its number of books
	Place    string // empty: dots, to be filled in by hand
}

// Options say what to write and where.
type Options struct {
	Batch   ledger.BatchID
	Now     time.Time // when the report is made; it is printed and stands in the file
	By      string    // who made it
	Issuer  Issuer
	Demo    bool   // marks every sheet; always on in a database marked as demo
	Path    string // of the first file, ending in .xlsx; further ones get -2, -3, …
	RowsMax int    // payments in one file; 0 means [RowsMax]
}

// File is one workbook written.
type File struct {
	Path   string       `json:"path"`
	SHA256 string       `json:"sha256"`
	Rows   int64        `json:"rows"`
	Total  money.Amount `json:"total_vnd"`
	Head   string       `json:"head"` // of the ledger's chain, as the cover prints it
}

// Errors a caller may match.
var (
	ErrTooLarge = errors.New("the amounts exceed what a spreadsheet adds exactly")
	ErrNoName   = errors.New("the report's file name does not end in .xlsx")
)

// WriteBatch writes the settlement workbook of one batch, in several files by
// commune when it has more payments than fit. All files come from one snapshot,
// and each is in place only when it is whole.
//
// It returns payout.ErrNoBatch, ErrTooLarge above 999,999,999,999,999 đồng, and
// ErrNoName. Memory does not grow with the number of payments.
func WriteBatch(ctx context.Context, db pgdb.DB, o Options) ([]File, error) {
	if !strings.HasSuffix(o.Path, ".xlsx") {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("Tên tệp báo cáo %q phải kết thúc bằng .xlsx. / The report's file name must end in .xlsx.", filepath.Base(o.Path)), ErrNoName)
	}
	if o.RowsMax <= 0 {
		o.RowsMax = RowsMax
	}
	var files []File
	outside := ctx
	err := pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		f, err := readFacts(ctx, tx, o)
		if err != nil {
			return err
		}
		if err := fits(f); err != nil {
			return err
		}
		cut := split(f.sections, o.RowsMax)
		parts := make([]part, len(cut))
		for i, sections := range cut {
			parts[i] = part{facts: f, options: o, sections: sections, number: i + 1, of: len(cut), path: partPath(o.Path, i+1)}
		}
		files = make([]File, len(parts))
		if len(parts) == 1 {
			files[0], err = parts[0].write(ctx, tx)
			return err
		}
		return writeParts(outside, db, tx, parts, files)
	})
	if err != nil {
		return nil, fmt.Errorf("settlement workbook of batch %d: %w", o.Batch, err)
	}
	return files, nil
}

// partsAtOnce is how many files are written side by side: one is compressed while
// the database reads for another.
const partsAtOnce = 2

const sqlExportSnapshot = `SELECT pg_catalog.pg_export_snapshot()`

// writeParts writes several files, each by a connection of its own that sees what tx
// sees. ctx is not that of a transaction.
func writeParts(ctx context.Context, db pgdb.DB, tx pgx.Tx, parts []part, files []File) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	var snapshot string
	if err := tx.QueryRow(ctx, sqlExportSnapshot).Scan(&snapshot); err != nil {
		return fmt.Errorf("share the snapshot: %w", err)
	}
	for i := range parts {
		group.Go(func() error {
			return pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
				// The server made the name: hexadecimal digits and dashes. It takes no argument there.
				if _, err := tx.Exec(ctx, fmt.Sprintf("SET TRANSACTION SNAPSHOT '%s'", snapshot)); err != nil {
					return fmt.Errorf("take over the snapshot: %w", err)
				}
				var err error
				files[i], err = parts[i].write(ctx, tx)
				return err
			})
		})
	}
	return group.Wait()
}

func fits(f facts) error {
	var total money.Amount
	for _, s := range f.sections {
		if total += s.Total; total > amountMax {
			return errs.New(errs.Invalid, "Tổng tiền của đợt vượt 999.999.999.999.999 đồng nên bảng tính không cộng đúng được. / The batch's total is more than a spreadsheet can add exactly.", ErrTooLarge)
		}
	}
	return nil
}

// split cuts the communes, in order, into runs of at most rows payments. A
// commune is never cut; one that is larger alone stands alone.
func split(sections []section, rows int) [][]section {
	var parts [][]section
	var have int64
	for i, s := range sections {
		if i == 0 || have+s.Count > int64(rows) {
			parts = append(parts, nil)
			have = 0
		}
		have += s.Count
		last := len(parts) - 1
		parts[last] = append(parts[last], s)
	}
	if parts == nil {
		parts = [][]section{nil}
	}
	return parts
}

func partPath(path string, n int) string {
	if n == 1 {
		return path
	}
	return fmt.Sprintf("%s-%d.xlsx", strings.TrimSuffix(path, ".xlsx"), n)
}

// part is one file of the report.
type part struct {
	facts
	options    Options
	sections   []section
	number, of int
	path       string
	book       *workbook
	wrote      written
}

// written is what really went into the detail sheet: the values of the cover's
// formulas.
type written struct {
	rows   int64
	total  money.Amount
	states map[shown]tally
}

func (p *part) write(ctx context.Context, tx pgx.Tx) (File, error) {
	names := []string{sheetCover, sheetSummary, sheetDetail}
	if p.number == 1 {
		names = append(names, sheetBreaks, sheetWaits)
	}
	names = append(names, sheetNotes)
	head := p.head.String()
	var err error
	p.book, err = newWorkbook(names, words.title.vi+" "+p.batch.NameVI, p.options.By, p.options.Now, p.demo, "Sổ cái "+head[:min(len(head), 20)])
	if err != nil {
		return File{}, err
	}
	defer p.book.file.Close() //nolint:errcheck // only removes temporary files
	sheets := []func() error{func() error { return p.detail(ctx, tx) }, p.summary, p.notes}
	if p.number == 1 {
		sheets = append(sheets, p.breakSheet, p.waitSheet)
	}
	sheets = append(sheets, p.cover) // last: it carries what was written
	for _, write := range sheets {
		if err := write(); err != nil {
			return File{}, err
		}
	}
	digest, err := p.book.save(p.path)
	if err != nil {
		return File{}, err
	}
	return File{Path: p.path, SHA256: digest, Rows: p.wrote.rows, Total: p.wrote.total, Head: head}, nil
}
