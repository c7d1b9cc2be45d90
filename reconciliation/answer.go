package reconciliation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/pgdb"
)

const sqlNextAnswer = `
SELECT a.id, a.submission, a.at, a.outcome IN ('accepted', 'known=true'), a.raw
  FROM payout.answer AS a
 WHERE a.channel = @channel
   AND NOT EXISTS (SELECT 1 FROM payout.answer_taken AS t WHERE t.answer = a.id)
 ORDER BY a.id
 LIMIT 1`

const sqlAnswerTaken = `INSERT INTO payout.answer_taken (answer, at) VALUES (@answer, @now) ON CONFLICT DO NOTHING`

const sqlRawAnswer = `SELECT raw FROM payout.answer WHERE id = @answer`

// takeAnswer makes a file of the oldest answer that payout kept and nobody took
// in. An answer that holds no report is only marked.
func (r *Reconciler) takeAnswer(ctx context.Context, b bank) (int, error) {
	did := 0
	err := pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		did = 0
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		var id, submission int64
		var when time.Time
		var speaks bool // an authentic answer that knows the message
		var raw []byte
		err := tx.QueryRow(ctx, sqlNextAnswer, pgx.NamedArgs{"channel": b.key}).Scan(&id, &submission, &when, &speaks, &raw)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("next answer: %w", err)
		}
		did = 1
		if kind, ok := reportKind(raw); ok && speaks {
			sum := sha256.Sum256(raw)
			args := pgx.NamedArgs{"channel": b.key, "kind": kind, "name": fmt.Sprintf("answer-%d", id), "sha": sum[:], "bytes": len(raw),
				"answer": id, "at": when, "by": "answer"}
			var file int64
			err := tx.QueryRow(ctx, sqlKnownFile, args).Scan(&file)
			if errors.Is(err, pgx.ErrNoRows) {
				err = tx.QueryRow(ctx, sqlKeepFile, args).Scan(&file)
			}
			if err != nil {
				return fmt.Errorf("answer %d: %w", id, err)
			}
		}
		_, err = tx.Exec(ctx, sqlAnswerTaken, pgx.NamedArgs{"answer": id, "now": r.Now()})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("answers of %s: %w", b.key, err)
	}
	return did, nil
}

// reportKind tells an answer with payments in it by its first characters.
func reportKind(raw []byte) (bankadapters.Kind, bool) {
	text := bytes.TrimLeft(raw, "\ufeff \r\n\t")
	switch {
	case bytes.HasPrefix(text, []byte("<")), bytes.HasPrefix(text, []byte("{")):
		return bankadapters.KindStatusReport, true
	case bytes.HasPrefix(text, []byte("H,1,")):
		return bankadapters.KindProviderResult, true
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return bankadapters.KindSheetResult, true
	}
	return "", false
}

func (r *Reconciler) openAnswer(ctx context.Context, id int64) (io.ReadCloser, error) {
	var raw []byte
	if err := r.DB.QueryRow(ctx, sqlRawAnswer, pgx.NamedArgs{"answer": id}).Scan(&raw); err != nil {
		return nil, fmt.Errorf("answer %d: %w", id, err)
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// storedReport reads a report that payout kept as what its adapter understood,
// because the wire has no document of its own for it.
type storedReport struct{ source io.Reader }

// Read hands over the report as a status report.
func (s storedReport) Read(head func(bankadapters.Head) error, entry func(bankadapters.Entry) error) error {
	var report bankadapters.Report
	if err := json.NewDecoder(s.source).Decode(&report); err != nil {
		return &bankadapters.FileError{Kind: bankadapters.KindStatusReport, Code: bankadapters.CodeSyntax, Why: "a kept answer is not readable"}
	}
	err := head(bankadapters.Head{Kind: bankadapters.KindStatusReport, Message: report.Message, Created: report.AsOf, Count: -1})
	if err != nil {
		return err
	}
	for i, t := range report.Txs {
		err := entry(bankadapters.Entry{Position: i + 1, Side: bankadapters.Debit, Amount: t.Amount, EndToEnd: t.EndToEnd, Message: report.Message,
			Servicer: t.Servicer, Account: t.Account, Status: t.Status, Code: t.Code, Text: t.Text})
		if err != nil {
			return err
		}
	}
	return nil
}
