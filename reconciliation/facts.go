package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// witness is one line of a file as Step reads it back.
type witness struct {
	Position     int32
	Entry        int64
	Source       string
	Side         string
	Amount       money.Amount
	Booked       bool
	BookDate     calendar.Date
	Servicer     string
	OriginalRef  string
	EndToEnd     string
	Bulk         string
	IsBulk       bool
	AccountIndex []byte
	Status       string
	Code         string
	IsReturn     bool
	Text         string
	Line         int32
}

// final reports whether the line moved our account at the bank.
func (w witness) final() bool { return w.Source == fromStatement }

// moneyBack reports whether the line is a booked credit.
func (w witness) moneyBack() bool { return w.final() && w.Side == string(bankadapters.Credit) }

const sqlNextFile = `
SELECT v.file, v.account, coalesce(r.submission, 0), f.kind
  FROM reconciliation.verdict AS v
  JOIN reconciliation.file AS f ON f.id = v.file
  LEFT JOIN reconciliation.report AS r ON r.file = v.file
 WHERE v.channel = @channel AND v.state = 'taken'
   AND NOT EXISTS (SELECT 1 FROM reconciliation.file_done AS d WHERE d.file = v.file)
 ORDER BY v.no
 LIMIT 1`

const sqlNextWitnesses = `
SELECT w.position, coalesce(w.entry, 0), w.source, w.side, w.amount, w.booked, w.book_date, w.servicer, w.original_ref, w.end_to_end,
       w.bulk, w.is_bulk, w.account_index, w.status, w.code, w.is_return, w.text, w.line
  FROM reconciliation.witness AS w
 WHERE w.file = @file
   AND w.position > coalesce((SELECT max(o.position) FROM reconciliation.outcome AS o WHERE o.file = @file), 0)
 ORDER BY w.position
 LIMIT @limit`

// payKey names a payment across batches.
type payKey struct {
	batch   ledger.BatchID
	payment int64
}

// attemptFacts is what the ledger says of one attempt.
type attemptFacts struct {
	proved   bool
	returned bool
	taken    bool // its money left 113.sent
}

// trail is a payment's whole way, folded from its lines.
type trail struct {
	position ledger.Position
	about    int16 // the attempt the money state speaks of
	attempts map[int16]attemptFacts
	group    *group          // the voucher of this chunk that carries its new lines
	start    ledger.Position // before the chunk
}

// add takes the payment's next line.
func (t *trail) add(l ledger.Line) {
	if l.Seq == 1 {
		t.position = ledger.Position{Payment: l.Payment, Amount: l.Amount}
		t.attempts = make(map[int16]attemptFacts)
	}
	before := t.position.State()
	t.position = t.position.After(l)
	def := ledger.LegOf(l.Leg)
	if def == nil {
		return
	}
	a := t.attempts[l.About]
	a.taken = a.taken || def.Credit == ledger.RoleSent
	if def.State != before || def.Attempt == ledger.AttemptNext {
		t.about = l.About
		a.proved = a.proved || def.State == ledger.Paid
		a.returned = a.returned || def.State == ledger.Returned
	}
	t.attempts[l.About] = a
}

// orderFacts is a submission with what its orders left.
type orderFacts struct {
	payout.Submission
	sent   money.Amount // 113.sent of this submission
	claim  money.Amount // 1388.B of its bulk debits
	unsent bool         // certainly never sent, and might be
}

// neverSent reports whether no byte of the submission has ever left us.
func (o *orderFacts) neverSent() bool { return o.unsent || o.State == payout.Withdrawn }

// facts is everything a chunk's decisions rest on, read under the locks.
type facts struct {
	refs     map[string]payout.Ref // by end-to-end id that is ours and whole
	altered  map[string]bool       // ids of our form that fail the check
	byRef    map[string]payout.Ref // by the bank's own reference
	attempts map[payout.Ref]payout.Attempt
	trails   map[payKey]*trail
	orders   map[int64]*orderFacts
	orderOf  map[payout.Ref]int64 // submission of every attempt of these payments
	bulks    map[string]int64     // submission by message id as the bank gave it
	norecord map[string]bool      // message ids of our form that are not on record
	booked   map[payout.Ref]int
	draws    map[string]drawFacts
}

type drawFacts struct {
	Book      ledger.BookID
	Channel   bankadapters.Key
	Amount    money.Amount
	Credited  bool
	Programme string
}

const sqlReferences = `
SELECT servicer, batch, payment, attempt FROM reconciliation.reference WHERE channel = @channel AND servicer = ANY (@refs)`

const sqlBookedDebits = `
SELECT o.batch, o.payment, o.attempt, count(*)
  FROM unnest(@batches::int[], @payments::bigint[]) AS want (batch, payment)
 CROSS JOIN LATERAL (
       SELECT o.batch, o.payment, o.attempt, o.evidence FROM reconciliation.outcome AS o
        WHERE o.batch = want.batch AND o.payment = want.payment AND o.batch <> 0 OFFSET 0) AS o
 WHERE o.evidence IN ('debit_proof', 'debit_booked', 'debit_owed', 'debit_second')
 GROUP BY o.batch, o.payment, o.attempt`

const sqlDraws = `
SELECT d.reference, d.book, d.channel, d.amount, d.credited IS NOT NULL, b.programme
  FROM payout.draw AS d
  JOIN payout.batch AS b ON b.id = d.batch
 WHERE d.reference = ANY (@refs)`

// sqlTrails looks every payment up by key: OFFSET 0 keeps the planner from reading
// all of a large batch's lines for a chunk's few thousand.
const sqlTrails = `
SELECT l.payment, l.seq, l.attempt, l.about, l.leg, l.amount
  FROM unnest(@payments::bigint[]) AS want (payment)
 CROSS JOIN LATERAL (
       SELECT l.payment, l.seq, l.attempt, l.about, l.leg, l.amount FROM ledger.line AS l
        WHERE l.batch = @batch AND l.payment = want.payment OFFSET 0) AS l
 ORDER BY l.payment, l.seq`

const sqlBulkClaim = `SELECT coalesce(sum(amount), 0)::bigint FROM reconciliation.bulk_claim WHERE submission = @no`

// gather reads the facts for a chunk. Submissions are locked in ascending order
// before any state is read; a state read earlier could be gone.
func gather(ctx context.Context, tx pgx.Tx, b bank, origin payout.Origin, list []witness) (*facts, error) {
	f := &facts{refs: map[string]payout.Ref{}, altered: map[string]bool{}, byRef: map[string]payout.Ref{}, trails: map[payKey]*trail{},
		orders: map[int64]*orderFacts{}, bulks: map[string]int64{}, norecord: map[string]bool{}, booked: map[payout.Ref]int{},
		orderOf: map[payout.Ref]int64{}, draws: map[string]drawFacts{}}
	f.parse(origin, list)
	if err := f.references(ctx, tx, b, list); err != nil {
		return nil, err
	}
	var wanted []payout.Ref
	for _, r := range f.refs {
		wanted = append(wanted, r)
	}
	for _, r := range f.byRef {
		wanted = append(wanted, r)
	}
	var err error
	if f.attempts, err = payout.Attempts(ctx, tx, wanted); err != nil {
		return nil, err
	}
	keys := make(map[payKey]bool)
	for _, r := range wanted {
		keys[payKey{r.Batch, r.Payment}] = true
	}
	if err := f.lock(ctx, tx, b, origin, list); err != nil {
		return nil, err
	}
	if err := f.readTrails(ctx, tx, keys, list); err != nil {
		return nil, err
	}
	return f, f.readDraws(ctx, tx, list)
}

func (f *facts) parse(origin payout.Origin, list []witness) {
	for _, w := range list {
		if w.EndToEnd == "" {
			continue
		}
		ref, err := origin.ParseEndToEnd(bankadapters.EndToEndID(w.EndToEnd))
		switch {
		case err == nil:
			f.refs[w.EndToEnd] = ref
		case errors.Is(err, payout.ErrCheck):
			f.altered[w.EndToEnd] = true
		}
	}
}

func (f *facts) references(ctx context.Context, tx pgx.Tx, b bank, list []witness) error {
	var refs []string
	for _, w := range list {
		if w.OriginalRef != "" {
			refs = append(refs, w.OriginalRef)
		}
		if w.EndToEnd == "" && w.Servicer != "" {
			refs = append(refs, w.Servicer)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	rows, _ := tx.Query(ctx, sqlReferences, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"channel": b.key, "refs": refs})
	var servicer string
	var r payout.Ref
	_, err := pgx.ForEachRow(rows, []any{&servicer, &r.Batch, &r.Payment, &r.Attempt}, func() error { f.byRef[servicer] = r; return nil })
	if err != nil {
		return fmt.Errorf("the bank's references: %w", err)
	}
	return nil
}

func split(keys map[payKey]bool) (batches []int32, payments []int64) {
	for k := range keys {
		batches, payments = append(batches, int32(k.batch)), append(payments, k.payment)
	}
	return batches, payments
}

const sqlSubmissionByMessage = `
SELECT s.no FROM payout.submission AS s
 WHERE s.no = @no AND s.channel = @channel
   AND (s.message_id = @message OR length(@message::text) >= 16 AND left(s.message_id, length(@message)) = @message)`

// lock takes the submissions of every attempt of these payments, and those that
// bulk entries name.
func (f *facts) lock(ctx context.Context, tx pgx.Tx, b bank, origin payout.Origin, list []witness) error {
	var numbers []int64
	seen := make(map[int64]bool)
	for r, a := range f.attempts {
		if f.orderOf[r] = a.Submission; !seen[a.Submission] {
			seen[a.Submission] = true
			numbers = append(numbers, a.Submission)
		}
	}
	for _, w := range list {
		if !w.IsBulk || w.Bulk == "" {
			continue
		}
		no, ours := origin.SubmissionOf(bankadapters.MessageID(w.Bulk))
		if !ours {
			continue
		}
		err := tx.QueryRow(ctx, sqlSubmissionByMessage, pgx.NamedArgs{"no": no, "channel": b.key, "message": w.Bulk}).Scan(&no)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			f.norecord[w.Bulk] = true
		case err != nil:
			return fmt.Errorf("submission of a bulk entry: %w", err)
		default:
			f.bulks[w.Bulk] = no
			numbers = append(numbers, no)
		}
	}
	slices.Sort(numbers)
	for _, no := range slices.Compact(numbers) {
		s, err := payout.LockSubmission(ctx, tx, no)
		if err != nil {
			return err
		}
		o := &orderFacts{Submission: s, unsent: s.State == payout.Intent && s.Fence == s.ClearFence}
		if o.sent, err = ledger.OrderBalance(ctx, tx, no, ledger.RoleSent); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, sqlBulkClaim, pgx.NamedArgs{"no": no}).Scan(&o.claim); err != nil {
			return fmt.Errorf("bulk claim of submission %d: %w", no, err)
		}
		f.orders[no] = o
	}
	return nil
}

func (f *facts) readTrails(ctx context.Context, tx pgx.Tx, keys map[payKey]bool, list []witness) error {
	byBatch := make(map[ledger.BatchID][]int64)
	for k := range keys {
		byBatch[k.batch] = append(byBatch[k.batch], k.payment)
	}
	for batch, payments := range byBatch {
		if err := f.readBatchTrails(ctx, tx, batch, payments); err != nil {
			return err
		}
	}
	debits := slices.ContainsFunc(list, func(w witness) bool { return w.final() && w.Side == string(bankadapters.Debit) })
	if !debits {
		return nil // only whether a debit is the second one depends on those before
	}
	batches, payments := split(keys)
	rows, _ := tx.Query(ctx, sqlBookedDebits, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"batches": batches, "payments": payments})
	var r payout.Ref
	var n int
	_, err := pgx.ForEachRow(rows, []any{&r.Batch, &r.Payment, &r.Attempt, &n}, func() error { f.booked[r] = n; return nil })
	if err != nil {
		return fmt.Errorf("booked debits: %w", err)
	}
	return nil
}

func (f *facts) readBatchTrails(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, payments []int64) error {
	rows, _ := db.Query(ctx, sqlTrails, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"batch": batch, "payments": payments})
	l := ledger.Line{Batch: batch}
	_, err := pgx.ForEachRow(rows, []any{&l.Payment, &l.Seq, &l.Attempt, &l.About, &l.Leg, &l.Amount}, func() error {
		k := payKey{batch, l.Payment}
		if f.trails[k] == nil {
			f.trails[k] = &trail{}
		}
		f.trails[k].add(l)
		return nil
	})
	if err != nil {
		return fmt.Errorf("trails in batch %d: %w", batch, err)
	}
	for _, payment := range payments {
		if t := f.trails[payKey{batch, payment}]; t != nil {
			t.start = t.position
		}
	}
	return nil
}

func (f *facts) readDraws(ctx context.Context, tx pgx.Tx, list []witness) error {
	var refs []string
	for _, w := range list {
		if w.final() && w.Side == string(bankadapters.Credit) && w.EndToEnd != "" {
			refs = append(refs, w.EndToEnd)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	rows, _ := tx.Query(ctx, sqlDraws, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"refs": refs})
	var ref string
	var d drawFacts
	_, err := pgx.ForEachRow(rows, []any{&ref, &d.Book, &d.Channel, &d.Amount, &d.Credited, &d.Programme}, func() error {
		f.draws[ref] = d
		return nil
	})
	if err != nil {
		return fmt.Errorf("draws: %w", err)
	}
	return nil
}

// fileAt is the file a chunk belongs to.
type fileAt struct {
	id         int64
	account    string
	submission int64
	kind       bankadapters.Kind
	now        time.Time
}
