package reconciliation

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// refusal is why a file is not taken.
type refusal struct {
	code string
	line int
	why  string
	stop string // the reason to stop dispatch everywhere
}

// Error makes refusal an error inside the transaction that must be rolled back.
func (n *refusal) Error() string { return fmt.Sprintf("%s line %d: %s", n.code, n.line, n.why) }

// LineError says which line of a file a refusal is about. It stands in the
// chain of the *errs.Error that Intake returns.
type LineError struct{ Line int }

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("line %d", e.Line) }

// err is the refusal as a person and a bank read it.
func (n *refusal) err() error {
	kind := errs.Invalid
	switch n.code {
	case codeOtherBody:
		kind = errs.Conflict
	case codeOwner:
		kind = errs.Denied
	}
	where := ""
	if n.line > 0 {
		where = fmt.Sprintf(" (dòng %d / line %d)", n.line, n.line)
	}
	return &errs.Error{Kind: kind, Code: n.code, Text: n.why + where, Err: &LineError{n.line}}
}

// errWaits says that the statement before this one has not come yet.
var errWaits = errors.New("an earlier statement is missing")

const sqlFileHead = `
SELECT f.sha256, f.kind, coalesce(f.answer, 0), f.received_at, v.no IS NOT NULL, coalesce(a.kind = 'status', false)
  FROM reconciliation.file AS f
  LEFT JOIN payout.answer AS a ON a.id = f.answer
  LEFT JOIN reconciliation.verdict AS v ON v.file = f.id
 WHERE f.id = @file`

// fileRow is a kept file.
type fileRow struct {
	id     int64
	sum    [32]byte
	kind   bankadapters.Kind
	answer int64
	at     time.Time
	judged bool
	// complete says that the file lists everything the bank knows: the answer to
	// an inquiry, never the answer to a submission.
	complete bool
}

func readFile(ctx context.Context, db pgdb.Querier, id int64) (fileRow, error) {
	f := fileRow{id: id}
	var sum []byte
	err := db.QueryRow(ctx, sqlFileHead, pgx.NamedArgs{"file": id}).Scan(&sum, &f.kind, &f.answer, &f.at, &f.judged, &f.complete)
	if err != nil {
		return fileRow{}, fmt.Errorf("file %d: %w", id, err)
	}
	copy(f.sum[:], sum)
	return f, nil
}

// judge checks a kept file whole and takes or refuses it. open may be called
// again when the transaction runs again.
func (r *Reconciler) judge(ctx context.Context, b bank, id int64, open func() (io.ReadCloser, error)) (Receipt, error) {
	err := pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		f, err := readFile(ctx, tx, id)
		if err != nil || f.judged {
			return err
		}
		body, err := open()
		if err != nil {
			return err
		}
		defer body.Close() //nolint:errcheck // only read
		return r.take(ctx, tx, b, f, body)
	})
	var no *refusal
	var file *bankadapters.FileError
	switch {
	case err == nil, errors.Is(err, errWaits):
		return receiptOf(ctx, r.DB, id)
	case errors.As(err, &file):
		cell := ""
		if file.Cell != "" {
			cell = " " + file.Cell
		}
		no = &refusal{code: file.Code, line: file.Line, why: fmt.Sprintf(
			"Tệp không nhận được:%s %s. Đề nghị ngân hàng gửi tệp đúng. / The file cannot be taken:%s %s. Ask the bank for a right one.",
			cell, bankadapters.FileReasons[file.Code], cell, file.Why)}
	case errors.As(err, &no):
	default:
		return Receipt{}, fmt.Errorf("take file %d of %s: %w", id, b.key, err)
	}
	if err := r.refuse(ctx, b, id, no); err != nil {
		return Receipt{}, err
	}
	return receiptOf(ctx, r.DB, id)
}

const sqlRefuse = `
INSERT INTO reconciliation.verdict (file, channel, kind, state, code, line, why, at)
SELECT f.id, f.channel, f.kind, 'refused', @code, @line, @why, @at
  FROM reconciliation.file AS f
 WHERE f.id = @file AND NOT EXISTS (SELECT 1 FROM reconciliation.verdict AS v WHERE v.file = f.id)`

func (r *Reconciler) refuse(ctx context.Context, b bank, id int64, no *refusal) error {
	return pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		if no.stop != "" {
			if err := payout.Stop(ctx, tx, no.stop, "reconciliation", r.Now()); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, sqlRefuse, pgx.NamedArgs{"file": id, "code": no.code, "line": no.line, "why": no.why, "at": r.Now()})
		if err != nil {
			return fmt.Errorf("refuse file %d: %w", id, err)
		}
		return nil
	})
}

const sqlTaken = `
INSERT INTO reconciliation.verdict (file, channel, kind, account, file_id, state, entries, repeated, at)
VALUES (@file, @channel, @kind, @account, @file_id, 'taken', @entries, @repeated, @at)`

// take reads the file into witnesses inside tx. Any error drops all of it.
func (r *Reconciler) take(ctx context.Context, tx pgx.Tx, b bank, f fileRow, body io.Reader) error {
	open, ok := r.opener(f.kind)
	if !ok {
		return &refusal{code: codeKind, why: fmt.Sprintf("Không nhận loại tệp %q. / Files of kind %q are not taken.", f.kind, f.kind)}
	}
	s := &staging{r: r, ctx: ctx, tx: tx, bank: b, file: f}
	reader := open(body)
	if f.answer != 0 && f.kind == bankadapters.KindStatusReport {
		peek := bufio.NewReader(body)
		start, _ := peek.Peek(1) // an empty answer fails in the reader
		if reader = open(peek); string(start) == "{" {
			reader = storedReport{peek}
		}
	}
	if err := reader.Read(s.head, s.entry); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	fileID := s.about.FileID
	if f.answer != 0 {
		fileID = "" // a bank may give every answer the same id
	}
	_, err := tx.Exec(ctx, sqlTaken, pgx.NamedArgs{"file": f.id, "channel": b.key, "kind": f.kind, "account": s.about.Account,
		"file_id": fileID, "entries": s.count, "repeated": s.repeated, "at": r.Now()})
	if err != nil {
		return fmt.Errorf("verdict: %w", err)
	}
	return nil
}

const sqlOtherBody = `
SELECT v.file FROM reconciliation.verdict AS v
 WHERE v.channel = @channel AND v.kind = @kind AND v.account = @account AND v.file_id = @file_id AND v.state = 'taken'`

const sqlLastStatement = `
SELECT s.sequence, s.closing, s.to_date
  FROM reconciliation.statement AS s
 WHERE s.channel = @channel AND s.account = @account
 ORDER BY s.sequence DESC
 LIMIT 1`

const sqlAddStatement = `
INSERT INTO reconciliation.statement (file, channel, account, sequence, from_date, to_date, opening, closing, created_at)
VALUES (@file, @channel, @account, @sequence, @from, @to, @opening, @closing, @created)`

const sqlAddReport = `
INSERT INTO reconciliation.report (file, submission, as_of, complete) VALUES (@file, @submission, @as_of, @complete)`

// head checks what a file says of itself before its first line is staged.
func (s *staging) head(h bankadapters.Head) error {
	s.about = h
	args := pgx.NamedArgs{"file": s.file.id, "channel": s.bank.key, "kind": s.file.kind, "account": h.Account, "file_id": h.FileID}
	if h.FileID != "" && s.file.answer == 0 {
		var other int64
		err := s.tx.QueryRow(s.ctx, sqlOtherBody, args).Scan(&other)
		if err == nil {
			return &refusal{code: codeOtherBody, why: fmt.Sprintf(
				"Ngân hàng đã gửi tệp mang số %q với nội dung khác (tệp %d): hỏi lại ngân hàng. / The bank sent a file %q with other content before (file %d): ask the bank.",
				h.FileID, other, h.FileID, other)}
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("file id: %w", err)
		}
	}
	switch s.file.kind {
	case bankadapters.KindStatement:
		return s.statement(h)
	case bankadapters.KindNotification:
		return s.owner(h)
	case bankadapters.KindStatusReport, bankadapters.KindSheetResult, bankadapters.KindProviderResult:
		return s.answered(h)
	case bankadapters.KindWithdrawals:
	}
	return &refusal{code: codeKind, why: fmt.Sprintf("Không nhận loại tệp %q. / Files of kind %q are not taken.", h.Kind, h.Kind)}
}

// owner requires the file to be about a paying account of ours at this bank.
func (s *staging) owner(h bankadapters.Head) error {
	book, ok, err := bookOf(s.ctx, s.tx, s.bank.key, h.Account)
	if err != nil {
		return err
	}
	if !ok {
		return &refusal{code: codeOwner, why: fmt.Sprintf(
			"Tài khoản …%s không phải tài khoản chi của đơn vị tại %s: kiểm tra ngân hàng gửi tệp. / Account …%s is no paying account of ours at %s: check which bank sent the file.",
			tail(h.Account), s.bank.key, tail(h.Account), s.bank.key)}
	}
	s.book, s.account = book, h.Account
	return nil
}

// statement requires the statement to follow the last one taken: the next
// number, and opening where that one closed.
func (s *staging) statement(h bankadapters.Head) error {
	if err := s.owner(h); err != nil {
		return err
	}
	var sequence int64
	var closing int64
	var to *time.Time
	err := s.tx.QueryRow(s.ctx, sqlLastStatement, pgx.NamedArgs{"channel": s.bank.key, "account": h.Account}).Scan(&sequence, &closing, &to)
	first := errors.Is(err, pgx.ErrNoRows)
	if err != nil && !first {
		return fmt.Errorf("last statement: %w", err)
	}
	if h.Sequence == 0 {
		h.Sequence = sequence + 1
	}
	switch {
	case first && h.Sequence != 1:
		ours, err := bankBalance(s.ctx, s.tx, s.book, s.bank.key, s.account, h.To)
		if err != nil {
			return err
		}
		if ours != h.Opening {
			return errWaits
		}
	case first:
	case h.Sequence <= sequence:
		return &refusal{code: codeOld, why: fmt.Sprintf(
			"Sao kê số %d đã nhận trước đây, sao kê cuối là số %d. / Statement %d was taken before; the last one is %d.", h.Sequence, sequence, h.Sequence, sequence)}
	case h.Sequence > sequence+1:
		return errWaits
	case int64(h.Opening) != closing:
		return &refusal{code: codeOpening, why: fmt.Sprintf(
			"Số dư đầu %s khác số dư cuối %d của sao kê trước: hỏi lại ngân hàng. / The opening balance %s is not the last statement's closing balance %d: ask the bank.",
			h.Opening, closing, h.Opening, closing)}
	}
	_, err = s.tx.Exec(s.ctx, sqlAddStatement, pgx.NamedArgs{"file": s.file.id, "channel": s.bank.key, "account": h.Account,
		"sequence": h.Sequence, "from": h.From, "to": h.To, "opening": h.Opening, "closing": h.Closing, "created": orTime(h.Created, s.file.at)})
	if err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	return nil
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

const sqlAccountOfSubmission = `
SELECT s.no, s.message_id, s.book, coalesce(a.account, '')
  FROM payout.submission AS s
  LEFT JOIN payout.paying_account AS a ON a.book = s.book AND a.channel = s.channel
 WHERE s.channel = @channel
   AND (s.message_id = @message OR length(@message::text) >= 16 AND left(s.message_id, length(@message)) = @message)`

// answered finds the submission that a status report or result is about.
func (s *staging) answered(h bankadapters.Head) error {
	var no int64
	var message string
	var book ledger.BookID
	err := s.tx.QueryRow(s.ctx, sqlAccountOfSubmission, pgx.NamedArgs{"channel": s.bank.key, "message": string(h.Message)}).
		Scan(&no, &message, &book, &s.account)
	if errors.Is(err, pgx.ErrNoRows) {
		origin, err := payout.ReadOrigin(s.ctx, s.tx)
		if err != nil {
			return err
		}
		stop := ""
		if _, ours := origin.SubmissionOf(h.Message); ours {
			stop = fmt.Sprintf("%s: lệnh %s mang mã của đơn vị nhưng không có trong sổ", s.bank.key, h.Message)
		}
		return &refusal{code: codeMessage, stop: stop, why: fmt.Sprintf(
			"Tệp trả lời cho lệnh %q mà đơn vị không gửi ngân hàng này. / The file answers message %q, which we did not send to this bank.", h.Message, h.Message)}
	}
	if err != nil {
		return fmt.Errorf("submission of the report: %w", err)
	}
	if h.Account != "" && h.Account != s.account || h.Owner != "" && h.Owner != string(s.bank.key) {
		return &refusal{code: codeOwner, why: fmt.Sprintf(
			"Tệp kết quả không phải của %s hoặc của tài khoản khác. / The result is not %s's own, or about another account.", s.bank.key, s.bank.key)}
	}
	s.book = book
	if err := s.listen(no); err != nil {
		return err
	}
	_, err = s.tx.Exec(s.ctx, sqlAddReport, pgx.NamedArgs{"file": s.file.id, "submission": no, "as_of": orTime(h.Created, s.file.at),
		"complete": s.file.complete})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
