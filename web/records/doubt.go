package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// Missing is a piece of evidence without which a doubt cannot end.
type Missing string

// The pieces, in the order in which they usually come.
const (
	MissingWord      Missing = "word"      // the bank has not said that it knows nothing of the message
	MissingTime      Missing = "time"      // its latest processing time has not passed
	MissingStatement Missing = "statement" // no complete statement past that time
)

// Doubt is one submission with payments whose result nobody knows.
type Doubt struct {
	Submission int64
	Batch      ledger.BatchID
	Channel    bankadapters.Key
	BankVI     string
	Message    bankadapters.MessageID
	State      payout.SubmissionState
	Payments   int64 // in doubt, not all of the submission's
	Total      money.Amount
	Since      time.Time
	Why        string
	Sent       *time.Time
	NextLook   *time.Time
	Denied     *time.Time // last authenticated "unknown to us"
	Final      *time.Time // the bank's latest processing time for it
	Statement  calendar.Date
	Missing    []Missing
}

const sqlDoubts = `
SELECT d.submission, s.batch, s.channel, c.name_vi, s.message_id, s.state, d.payments, d.total, d.since, d.why,
       s.first_sent, s.next_look, s.denied_at, c.profile, d.all_payments, d.all_total,
       (SELECT max(t.to_date) FROM payout.paying_account AS a
          JOIN reconciliation.statement AS t ON t.channel = a.channel AND t.account = a.account
         WHERE a.channel = s.channel AND a.book = s.book)
  FROM (SELECT x.submission, count(*) AS payments, sum(x.amount)::bigint AS total, min(x.opened_at) AS since, min(x.why) AS why,
               sum(count(*)) OVER ()::bigint AS all_payments, sum(sum(x.amount)) OVER ()::bigint AS all_total
          FROM payout.exception AS x
         WHERE x.closed_at IS NULL AND x.kind = 'doubt' AND @channel IN ('', x.channel)
         GROUP BY x.submission) AS d
  JOIN payout.submission AS s ON s.no = d.submission
  JOIN payout.channel AS c ON c.key = s.channel
 WHERE (d.since, d.submission) > (@since, @after::bigint)
 ORDER BY d.since, d.submission
 LIMIT @limit`

// DoubtKey is the last row of a page of doubts; zero is before the first.
type DoubtKey struct {
	Since      time.Time
	Submission int64
}

// DoubtPage is a page of doubts with what all of them come to.
type DoubtPage struct {
	Rows     []Doubt
	More     bool
	Payments int64 // of all pages
	Total    money.Amount
}

// Doubts lists the submissions with payments in doubt, oldest first, after a key;
// channel "" means all. It reads every open doubt, which are few: the breaker of a
// bank stops before they are many.
func Doubts(ctx context.Context, db pgdb.Querier, channel bankadapters.Key, after DoubtKey, want int, now time.Time) (DoubtPage, error) {
	var page DoubtPage
	rows, _ := db.Query(ctx, sqlDoubts, pgx.NamedArgs{"channel": string(channel), "since": after.Since, "after": after.Submission, "limit": limit(want)})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Doubt, error) {
		var d Doubt
		var profile bankadapters.Profile
		err := row.Scan(&d.Submission, &d.Batch, &d.Channel, &d.BankVI, &d.Message, &d.State, &d.Payments, &d.Total, &d.Since, &d.Why,
			&d.Sent, &d.NextLook, &d.Denied, &profile, &page.Payments, &page.Total, &d.Statement)
		if d.Sent != nil && profile.LatestProcess > 0 {
			final := d.Sent.Add(profile.LatestProcess)
			d.Final = &final
		}
		d.Missing = d.missing(now)
		return d, err
	})
	if err != nil {
		return DoubtPage{}, fmt.Errorf("doubts: %w", err)
	}
	page.Rows, page.More = cut(list, want)
	return page, nil
}

// missing says what DESIGN's second way out of a doubt still lacks. Evidence for
// the payments themselves ends it at any time.
func (d Doubt) missing(now time.Time) []Missing {
	var list []Missing
	if d.Denied == nil {
		list = append(list, MissingWord)
	}
	if d.Final == nil || d.Final.After(now) {
		list = append(list, MissingTime)
	}
	if d.Final == nil || !d.Statement.After(calendar.DateOf(*d.Final)) {
		list = append(list, MissingStatement)
	}
	return list
}

// DoubtPayment is one payment in doubt of a submission.
type DoubtPayment struct {
	Place   int32
	Batch   ledger.BatchID
	Payment int64
	Attempt int16
	Name    string
	UnitVI  string
	Tail    string
	Amount  money.Amount
	Since   time.Time
}

const sqlDoubtPayments = `
SELECT a.place, a.batch, a.payment, a.attempt, p.name, s.unit_name_vi, p.account_tail, p.amount, x.opened_at
  FROM (SELECT x.batch, x.payment, x.attempt, x.opened_at
          FROM payout.exception AS x
         WHERE x.batch = (SELECT w.batch FROM payout.submission AS w WHERE w.no = @submission)
           AND x.submission = @submission AND x.kind = 'doubt' AND x.closed_at IS NULL OFFSET 0) AS x
  JOIN payout.attempt AS a ON a.batch = x.batch AND a.payment = x.payment AND a.attempt = x.attempt
  JOIN payout.payment AS p ON p.batch = a.batch AND p.no = a.payment
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
 WHERE a.submission = @submission AND a.place > @after
 ORDER BY a.place
 LIMIT @limit`

// DoubtPayments walks a submission's payments that are in doubt, after a place
// in the message (0 = from the first).
func DoubtPayments(ctx context.Context, db pgdb.Querier, submission int64, after int32, want int) (page []DoubtPayment, more bool, err error) {
	rows, _ := db.Query(ctx, sqlDoubtPayments, pgx.NamedArgs{"submission": submission, "after": after, "limit": limit(want)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DoubtPayment])
	if err != nil {
		return nil, false, fmt.Errorf("payments in doubt of submission %d: %w", submission, err)
	}
	page, more = cut(list, want)
	return page, more, nil
}
