package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// Submission is one message to a bank or provider, as a person reads it.
type Submission struct {
	No         int64
	Batch      ledger.BatchID
	BatchVI    string
	Channel    bankadapters.Key
	BankVI     string
	Book       ledger.BookID
	Message    bankadapters.MessageID
	Digest     []byte
	SHA256     []byte // of the bytes that were sent
	Count      int
	Total      money.Amount
	Canary     bool
	Execution  calendar.Date
	Created    time.Time
	SendBefore time.Time
	Head       string // of the ledger when the intent was committed
	Voucher    ledger.VoucherID
	State      payout.SubmissionState
	Tries      int
	Sent       *time.Time
	Answered   *time.Time
	Code       string
	AnswerText string
	NextLook   *time.Time
	Denied     *time.Time
	Doubts     int64
}

const sqlSubmission = `
SELECT s.no, s.batch, b.name_vi, s.channel, c.name_vi, s.book, s.message_id, s.digest, s.sha256, s.count, s.total, s.canary, s.execution,
       s.created_at, s.send_before, s.head, s.voucher, s.state, s.tries, s.first_sent, s.answered_at, s.code, s.answer_text, s.next_look, s.denied_at,
       (SELECT count(*) FROM payout.exception AS x
         WHERE x.batch = s.batch AND x.submission = s.no AND x.kind = 'doubt' AND x.closed_at IS NULL)
  FROM payout.submission AS s
  JOIN payout.batch AS b ON b.id = s.batch
  JOIN payout.channel AS c ON c.key = s.channel
 WHERE s.no = @no`

// ReadSubmission reads one submission, or says that there is none.
func ReadSubmission(ctx context.Context, db pgdb.Querier, no int64) (Submission, error) {
	rows, _ := db.Query(ctx, sqlSubmission, pgx.NamedArgs{"no": no})
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Submission])
	if errors.Is(err, pgx.ErrNoRows) {
		return s, errs.New(errs.NotFound, fmt.Sprintf("Không có lệnh số %d. / There is no submission %d.", no, no), err)
	}
	if err != nil {
		return s, fmt.Errorf("submission %d: %w", no, err)
	}
	return s, nil
}

// SubmissionAnswer is one thing a bank answered about a submission, without its bytes.
type SubmissionAnswer struct {
	ID      int64
	Kind    string // submit, status
	At      time.Time
	Outcome string
	Code    string
	Bytes   int64
	File    int64 // as which reconciliation took it up; 0 = not, or not yet
}

const sqlSubmissionAnswers = `
SELECT w.id, w.kind, w.at, w.outcome, w.code, length(w.raw)::bigint, coalesce(f.id, 0)
  FROM payout.answer AS w
  LEFT JOIN reconciliation.file AS f ON f.answer = w.id
 WHERE w.submission = @no
 ORDER BY w.id DESC
 LIMIT @limit`

// SubmissionAnswers lists what the bank answered, newest first, at most want of it.
func SubmissionAnswers(ctx context.Context, db pgdb.Querier, no int64, want int) (page []SubmissionAnswer, more bool, err error) {
	rows, _ := db.Query(ctx, sqlSubmissionAnswers, pgx.NamedArgs{"no": no, "limit": limit(want)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SubmissionAnswer])
	if err != nil {
		return nil, false, fmt.Errorf("answers to submission %d: %w", no, err)
	}
	page, more = cut(list, want)
	return page, more, nil
}

// OrderVoucher is one voucher that moved a submission's money.
type OrderVoucher struct {
	ID      ledger.VoucherID
	ChainNo int64
	Date    calendar.Date
	Kind    string
	Text    string
	Lines   int64
}

const sqlOrderVouchers = `
SELECT v.id, coalesce(s.chain_no, 0), v.accounting_date, v.kind, v.text, v.lines
  FROM ledger.voucher AS v
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
 WHERE v.order_no = @no AND v.order_no <> 0
 ORDER BY v.id
 LIMIT @limit`

// OrderVouchers lists the vouchers that moved a submission's money.
func OrderVouchers(ctx context.Context, db pgdb.Querier, no int64, want int) (page []OrderVoucher, more bool, err error) {
	rows, _ := db.Query(ctx, sqlOrderVouchers, pgx.NamedArgs{"no": no, "limit": limit(want)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OrderVoucher])
	if err != nil {
		return nil, false, fmt.Errorf("vouchers of submission %d: %w", no, err)
	}
	page, more = cut(list, want)
	return page, more, nil
}
