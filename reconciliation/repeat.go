package reconciliation

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
)

// A provider's result of each day lists every payment again, and so does every
// answer to an inquiry: at a million payments, most lines of most files repeat
// what is long known. Such a line is counted (verdict.repeated), stands in the
// kept original, and gets no row of its own, if all of this holds:
//
//   - the same source said exactly the same of the same attempt before, in a
//     report about the same submission, and that was concluded from;
//   - no report about the submission still waits to be concluded from, and
//     nothing else about the attempt stands further up in this file;
//   - the payment has this one attempt, and what it says has, in the payment's
//     state of now, the cell "nothing" of [Table]. Evidence follows from the
//     words and the attempt alone, so the cell is the one that would be read;
//   - where silence can prove that a payment was never executed, it is not open:
//     [Reconciler.FindNotExecuted] asks which open payments a full report lists.
//
// A provider that calls a payment of our list open, with our amount, says nothing
// from the first time on: that cell is "nothing" whatever became of the payment.

// word is what one line says: all of a witness but its place.
type word struct {
	source      string
	side        string
	amount      money.Amount
	booked      bool
	bookDate    calendar.Date
	valueDate   calendar.Date
	servicer    string
	originalRef string
	endToEnd    string
	bulk        string
	isBulk      bool
	account     string // blind index of the other side's account
	accountTail string
	status      string
	code        string
	isReturn    bool
	text        string
}

// said is a word that was concluded from, and where its payment stands now.
type said struct {
	word
	evidence Evidence
	state    ledger.State
}

const sqlReportWaits = `
SELECT EXISTS (SELECT 1 FROM reconciliation.report AS r
                WHERE r.submission = @no AND NOT EXISTS (SELECT 1 FROM reconciliation.file_done AS d WHERE d.file = r.file))`

const sqlSaid = `
SELECT one.source, one.side, one.amount, one.booked, one.book_date, one.value_date, one.servicer, one.original_ref, one.end_to_end, one.bulk,
       one.is_bulk, one.account_index, one.account_tail, one.status, one.code, one.is_return, one.text, one.evidence, g.state
  FROM (SELECT DISTINCT ON (w.end_to_end) w.source, w.side, w.amount, w.booked, w.book_date, w.value_date, w.servicer, w.original_ref,
               w.end_to_end, w.bulk, w.is_bulk, w.account_index, w.account_tail, w.status, w.code, w.is_return, w.text,
               o.evidence, o.batch, o.payment
          FROM reconciliation.report AS r
          JOIN reconciliation.verdict AS v ON v.file = r.file
          JOIN reconciliation.witness AS w ON w.file = r.file
         CROSS JOIN LATERAL (
               SELECT o.evidence, o.batch, o.payment, o.attempt FROM reconciliation.outcome AS o
                WHERE o.file = w.file AND o.position = w.position OFFSET 0) AS o
         WHERE r.submission = @no AND w.source = @source AND w.end_to_end <> '' AND o.batch <> 0 AND o.attempt = 1
         ORDER BY w.end_to_end, v.no DESC, w.position DESC) AS one
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = one.batch AND l.payment = one.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 WHERE last.attempt = 1`

const sqlListed = `
SELECT a.batch, a.payment, a.attempt, p.amount
  FROM payout.attempt AS a
 CROSS JOIN LATERAL (SELECT p.amount FROM payout.payment AS p WHERE p.batch = a.batch AND p.no = a.payment OFFSET 0) AS p
 WHERE a.submission = @no`

// recall reads what our list told the provider.
func (s *staging) recall(submission int64) error {
	origin, err := payout.ReadOrigin(s.ctx, s.tx)
	if err != nil {
		return err
	}
	s.listed = make(map[string]money.Amount)
	rows, _ := s.tx.Query(s.ctx, sqlListed, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"no": submission})
	var r payout.Ref
	var amount money.Amount
	_, err = pgx.ForEachRow(rows, []any{&r.Batch, &r.Payment, &r.Attempt, &amount}, func() error {
		s.listed[string(origin.EndToEnd(r))] = amount
		return nil
	})
	if err != nil {
		return fmt.Errorf("the list: %w", err)
	}
	return nil
}

// listen reads what reports about the submission have said last of each of its
// payments.
func (s *staging) listen(submission int64) error {
	if s.file.kind == bankadapters.KindProviderResult {
		if err := s.recall(submission); err != nil {
			return err
		}
	}
	var waits bool
	args := pgx.NamedArgs{"no": submission, "source": s.reportSource()}
	if err := s.tx.QueryRow(s.ctx, sqlReportWaits, args).Scan(&waits); err != nil {
		return fmt.Errorf("waiting reports: %w", err)
	}
	if waits {
		return nil
	}
	s.said = make(map[string]said)
	rows, _ := s.tx.Query(s.ctx, sqlSaid, pgx.QueryExecModeCacheDescribe, args)
	var one said
	var account []byte
	_, err := pgx.ForEachRow(rows, []any{&one.source, &one.side, &one.amount, &one.booked, &one.bookDate, &one.valueDate, &one.servicer,
		&one.originalRef, &one.endToEnd, &one.bulk, &one.isBulk, &account, &one.accountTail, &one.status, &one.code, &one.isReturn, &one.text,
		&one.evidence, &one.state}, func() error {
		one.account = string(account)
		s.said[one.endToEnd] = one
		return nil
	})
	if err != nil {
		return fmt.Errorf("what reports said before: %w", err)
	}
	return nil
}

// repeats reports whether w says nothing that was not concluded from before.
func (s *staging) repeats(w word) bool {
	if amount, ours := s.listed[w.endToEnd]; ours && w == (word{source: fromProvider, side: string(bankadapters.Debit), amount: amount,
		endToEnd: w.endToEnd, status: string(bankadapters.TxOpen)}) {
		return true
	}
	before, known := s.said[w.endToEnd]
	if !known {
		return false
	}
	if before.word != w || before.state.Open() && !s.bank.provider || Table(at(before.state), before.evidence) != Nothing {
		delete(s.said, w.endToEnd) // what follows in this file is judged after this line
		return false
	}
	return true
}
