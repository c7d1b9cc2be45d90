package ledger

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// ExportOptions says what to export.
type ExportOptions struct {
	Book    BookID // 0 = all books
	AsOf    AsOf
	PerLine bool // hledger: a pair of postings for each line instead of sums per account
}

const sqlExportAccounts = `
SELECT b.code, a.code, r.off_balance, r.name_vi
  FROM ledger.account AS a
  JOIN ledger.book AS b ON b.id = a.book
  JOIN ledger.role AS r ON r.name = a.role
 WHERE (@book = 0 OR a.book = @book) AND a.role <> 'technical'
 ORDER BY a.code, b.code`

const sqlExportSums = `
SELECT coalesce(s.chain_no, 0), v.id, v.accounting_date, v.text, v.key, b.code, a.code, a.role = 'technical', r.off_balance,
       va.debit, va.credit, ''
  FROM ledger.voucher AS v
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
  JOIN ledger.book AS b ON b.id = v.book
  JOIN ledger.voucher_account AS va ON va.voucher = v.id
  JOIN ledger.account AS a ON a.id = va.account
  JOIN ledger.role AS r ON r.name = a.role
 WHERE (@book = 0 OR v.book = @book) AND v.accounting_date <= @date AND v.posted_at <= @known
 ORDER BY s.chain_no NULLS LAST, v.id, a.code`

const sqlExportLines = `
SELECT coalesce(s.chain_no, 0), v.id, v.accounting_date, v.text, v.key, b.code, a.code, a.role = 'technical', r.off_balance,
       CASE WHEN NOT side.debit THEN 0 WHEN l.red THEN -l.amount ELSE l.amount END,
       CASE WHEN side.debit THEN 0 WHEN l.red THEN -l.amount ELSE l.amount END,
       'line ' || l.batch || '/' || l.payment || '/' || l.seq
  FROM ledger.voucher AS v
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
  JOIN ledger.book AS b ON b.id = v.book
  JOIN ledger.line AS l ON l.voucher = v.id
 CROSS JOIN (VALUES (true), (false)) AS side (debit)
  JOIN ledger.account AS a ON a.id = CASE WHEN side.debit THEN l.debit ELSE l.credit END
  JOIN ledger.role AS r ON r.name = a.role
 WHERE (@book = 0 OR v.book = @book) AND v.accounting_date <= @date AND v.posted_at <= @known
 ORDER BY s.chain_no NULLS LAST, v.id, l.batch, l.payment, l.seq, side.debit DESC`

// ExportHledger streams the books as a plain-text journal that passes `hledger
// check --strict`: one transaction per voucher, dated by accounting date, its
// code the printed number. Accounts are named by the hierarchy of the
// prescribed codes and end in the book: 338:3388:N:tet2026:9990001. Debits are
// positive, red lines turn the sign. 008 is written as unbalanced virtual
// postings; its technical counter-account is not written.
func ExportHledger(ctx context.Context, db pgdb.Querier, w io.Writer, options ExportOptions) error {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString("; An Sinh: the books as plain text. Check: hledger -f FILE check --strict\ncommodity 1000. VND\n\n")
	args := options.AsOf.args(pgx.NamedArgs{"book": options.Book})
	if err := exportAccounts(ctx, db, out, args); err != nil {
		return fmt.Errorf("export for hledger: %w", err)
	}
	sql := sqlExportSums
	if options.PerLine {
		sql = sqlExportLines
	}
	rows, err := db.Query(ctx, sql, args)
	if err != nil {
		return fmt.Errorf("export for hledger: %w", err)
	}
	var last, voucher VoucherID
	var no, debit, credit int64
	var date calendar.Date
	var text, key, book, code, note string
	var technical, off bool
	_, err = pgx.ForEachRow(rows, []any{&no, &voucher, &date, &text, &key, &book, &code, &technical, &off, &debit, &credit, &note}, func() error {
		if voucher != last {
			number := "chưa vào sổ"
			if no != 0 {
				number = strconv.FormatInt(no, 10)
			}
			fmt.Fprintf(out, "\n%s * (%s) %s\n    ; voucher: %d, book: %s\n    ; key: %s\n", date, number, plain(text), voucher, book, plain(key))
			last = voucher
		}
		if technical {
			return nil
		}
		name := journalName(code, book)
		if off {
			name = "(" + name + ")"
		}
		if note != "" {
			note = "  ; " + note
		}
		if debit != 0 || credit == 0 && note == "" {
			fmt.Fprintf(out, "    %s  %d VND%s\n", name, debit, note)
		}
		if credit != 0 {
			fmt.Fprintf(out, "    %s  %d VND%s\n", name, -credit, note)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("export for hledger: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("export for hledger: %w", err)
	}
	return nil
}

func exportAccounts(ctx context.Context, db pgdb.Querier, out *bufio.Writer, args pgx.NamedArgs) error {
	rows, err := db.Query(ctx, sqlExportAccounts, args)
	if err != nil {
		return err
	}
	var book, code, name string
	var off bool
	_, err = pgx.ForEachRow(rows, []any{&book, &code, &off, &name}, func() error {
		_, err := fmt.Fprintf(out, "account %s  ; code: %s, book: %s, name: %s\n", journalName(code, book), code, book, plain(name))
		return err
	})
	return err
}

// journalName turns 3388.N.tet2026 of a book into 338:3388:N:tet2026:BOOK.
func journalName(code, book string) string {
	prescribed, rest, divided := strings.Cut(code, ".")
	var b strings.Builder
	for n := 3; n < len(prescribed); n++ {
		b.WriteString(prescribed[:n] + ":")
	}
	b.WriteString(prescribed)
	if divided {
		b.WriteString(":" + strings.ReplaceAll(rest, ".", ":"))
	}
	return b.String() + ":" + book
}

// plain keeps a text from being read as anything but text in a journal: no new
// lines, and nothing that begins a comment, a tag or a payee.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029:
			return ' '
		case r == ';':
			return ','
		case r == '|':
			return '/'
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

const sqlCSVLines = `
SELECT coalesce(s.chain_no, 0), v.id, v.key, v.kind, v.accounting_date, b.code, l.batch, l.payment, l.seq, l.attempt, l.about, l.leg,
       l.debit, l.credit, l.amount, l.red, d.code, c.code
  FROM ledger.line AS l
  JOIN ledger.voucher AS v ON v.id = l.voucher
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
  JOIN ledger.book AS b ON b.id = v.book
  JOIN ledger.account AS d ON d.id = l.debit
  JOIN ledger.account AS c ON c.id = l.credit
 WHERE (@book = 0 OR v.book = @book) AND v.accounting_date <= @date AND v.posted_at <= @known
 ORDER BY s.chain_no NULLS LAST, v.id, l.batch = 0, l.batch, l.payment, l.seq`

// ExportCSV streams every line with its voucher and leaf hash, in the order in
// which the leaves form the voucher's root. With [ExportVouchersCSV] it is all
// an auditor needs to recompute roots, digests and the chain.
func ExportCSV(ctx context.Context, db pgdb.Querier, w io.Writer, options ExportOptions) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"chain_no", "voucher", "key", "kind", "accounting_date", "book", "batch", "payment", "seq", "attempt",
		"about", "leg", "debit", "credit", "amount", "red", "debit_code", "credit_code", "leaf"})
	if err != nil {
		return fmt.Errorf("export lines: %w", err)
	}
	rows, err := db.Query(ctx, sqlCSVLines, options.AsOf.args(pgx.NamedArgs{"book": options.Book}))
	if err != nil {
		return fmt.Errorf("export lines: %w", err)
	}
	var no int64
	var voucher VoucherID
	var key, kind, book, debit, credit string
	var date calendar.Date
	var l Line
	_, err = pgx.ForEachRow(rows, []any{&no, &voucher, &key, &kind, &date, &book, &l.Batch, &l.Payment, &l.Seq, &l.Attempt, &l.About, &l.Leg,
		&l.Debit, &l.Credit, &l.Amount, &l.Red, &debit, &credit}, func() error {
		leaf := l.leaf()
		return out.Write([]string{number(no), number(voucher), cell(key), cell(kind), date.String(), cell(book), number(l.Batch),
			number(l.Payment), number(l.Seq), number(l.Attempt), number(l.About), number(l.Leg), number(l.Debit), number(l.Credit),
			l.Amount.Exact(), strconv.FormatBool(l.Red), cell(debit), cell(credit), hex.EncodeToString(leaf[:])})
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("export lines: %w", err)
	}
	return nil
}

const sqlCSVVouchers = `
SELECT coalesce(s.chain_no, 0), v.id, v.key, v.posting_set, v.kind, v.accounting_date, v.text, v.facts, v.book, b.code, v.posted_at,
       v.batch, v.order_no, v.cause, coalesce(v.reverses, 0), v.lines, v.root, v.digest, s.prev_hash, s.hash
  FROM ledger.voucher AS v
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
  JOIN ledger.book AS b ON b.id = v.book
 WHERE (@book = 0 OR v.book = @book) AND v.accounting_date <= @date AND v.posted_at <= @known
 ORDER BY s.chain_no NULLS LAST, v.id`

// ExportVouchersCSV streams every voucher's header with root, digest and links
// of the chain. In both files a text that begins with = + - @ ' or a tab has a '
// in front, which a reader takes off again.
func ExportVouchersCSV(ctx context.Context, db pgdb.Querier, w io.Writer, options ExportOptions) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"chain_no", "voucher", "key", "posting_set", "kind", "accounting_date", "text", "facts", "book", "book_code",
		"posted_at_us", "batch", "order_no", "cause", "reverses", "lines", "root", "digest", "prev_hash", "hash"})
	if err != nil {
		return fmt.Errorf("export vouchers: %w", err)
	}
	rows, err := db.Query(ctx, sqlCSVVouchers, options.AsOf.args(pgx.NamedArgs{"book": options.Book}))
	if err != nil {
		return fmt.Errorf("export vouchers: %w", err)
	}
	var h header
	var no int64
	var id VoucherID
	var code string
	var posted time.Time
	var facts, root, digest, prev, hash []byte
	_, err = pgx.ForEachRow(rows, []any{&no, &id, &h.Key, &h.PostingSet, &h.Kind, &h.AccountingDate, &h.Text, &facts, &h.Book, &code, &posted,
		&h.Batch, &h.OrderNo, &h.Cause, &h.Reverses, &h.Lines, &root, &digest, &prev, &hash}, func() error {
		return out.Write([]string{number(no), number(id), cell(h.Key), cell(h.PostingSet), cell(h.Kind), h.AccountingDate.String(), cell(h.Text),
			hex.EncodeToString(facts), number(h.Book), cell(code), number(posted.UnixMicro()), number(h.Batch), number(h.OrderNo),
			number(h.Cause), number(h.Reverses), number(h.Lines), hex.EncodeToString(root), hex.EncodeToString(digest),
			hex.EncodeToString(prev), hex.EncodeToString(hash)})
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("export vouchers: %w", err)
	}
	return nil
}

func number[N ~int16 | ~int32 | ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// cell keeps a spreadsheet from running a text as a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@'\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
