package payout

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Section is one unit's part of a batch. Count, Total and Digest are of the
// plan and stay; NetCount and NetTotal leave out what was cancelled.
type Section struct {
	Batch         ledger.BatchID
	No            int16
	UnitCode      string
	UnitValidFrom calendar.Date
	UnitNameVI    string
	Book          ledger.BookID
	Count         int64
	Total         money.Amount
	NetCount      int64
	NetTotal      money.Amount
	Digest        []byte
	Code          string // first 40 bits of the digest, the same on paper and screen
	State         string // planned, submitted, approved, released, withdrawn
	SubmittedBy   string
	SubmittedAt   *time.Time
	ApprovedAt    *time.Time
	Voucher       *int64 // of the approval
}

// ErrNoSection says that the batch has no section of the number.
var ErrNoSection = errors.New("no such section")

const sqlSections = `
SELECT s.batch, s.no, s.unit_code, s.unit_valid_from, s.unit_name_vi, s.book, s.count, s.total,
       s.count - coalesce(c.count, 0), s.total - coalesce(c.total, 0)::bigint, s.digest, s.code, s.state,
       s.submitted_by, s.submitted_at, s.approved_at, s.voucher
  FROM payout.section AS s
  LEFT JOIN (SELECT p.section, count(*) AS count, sum(p.amount) AS total
               FROM payout.cancelled AS x JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
              WHERE x.batch = @batch
              GROUP BY p.section) AS c ON c.section = s.no
 WHERE s.batch = @batch
 ORDER BY s.no`

// Sections lists a batch's sections in unit order.
func Sections(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]Section, error) {
	rows, _ := db.Query(ctx, sqlSections, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Section])
	if err != nil {
		return nil, fmt.Errorf("sections of batch %d: %w", batch, err)
	}
	return list, nil
}

const sqlLockSection = `SELECT state FROM payout.section WHERE batch = @batch AND no = @no FOR UPDATE`

// lockSection locks one section, after its batch, and reads it.
func lockSection(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, no int16) (Section, error) {
	var state string
	err := tx.QueryRow(ctx, sqlLockSection, pgx.NamedArgs{"batch": batch, "no": no}).Scan(&state)
	if errors.Is(err, pgx.ErrNoRows) {
		return Section{}, noSection(batch, no)
	}
	if err != nil {
		return Section{}, fmt.Errorf("lock section %d/%d: %w", batch, no, err)
	}
	return readSection(ctx, tx, batch, no)
}

func readSection(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, no int16) (Section, error) {
	list, err := Sections(ctx, db, batch)
	if err != nil {
		return Section{}, err
	}
	if i := slices.IndexFunc(list, func(s Section) bool { return s.No == no }); i >= 0 {
		return list[i], nil
	}
	return Section{}, noSection(batch, no)
}

func noSection(batch ledger.BatchID, no int16) error {
	return errs.New(errs.NotFound, fmt.Sprintf("Đợt %d không có phần số %d. / Batch %d has no section %d.", batch, no, batch, no), ErrNoSection)
}

const sqlSubmitSections = `
UPDATE payout.section SET state = 'submitted', submitted_by = @maker, submitted_at = @now
 WHERE batch = @batch AND state = 'planned' AND (@every::boolean OR no = ANY (@sections::smallint[]))
RETURNING no`

// Submit lays planned sections before the approvers: those named, or all for
// nil. It returns how many it submitted; a named one that is not waiting to be
// submitted refuses all.
func Submit(ctx context.Context, db pgdb.DB, batch ledger.BatchID, sections []int16, maker string, now time.Time) (int, error) {
	var count int
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockBatch(ctx, tx, batch); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, sqlSubmitSections, pgx.NamedArgs{"batch": batch, "maker": maker, "now": now,
			"every": sections == nil, "sections": sections})
		done, err := pgx.CollectRows(rows, pgx.RowTo[int16])
		if err != nil {
			return fmt.Errorf("submit sections: %w", err)
		}
		if count = len(done); count == 0 || count < len(slices.Compact(slices.Sorted(slices.Values(sections)))) {
			return errs.Coded(errs.Conflict, "PAYOUT-SUBMIT", fmt.Sprintf("Đợt %d: có phần chưa lập hoặc đã trình; hãy xem lại trạng thái. / "+
				"Batch %d: a section is not planned or was submitted before; look at their states.", batch, batch), nil)
		}
		return record(ctx, tx, now, maker, "section.submit", batch, map[string]any{"sections": done})
	})
	if err != nil {
		return 0, fmt.Errorf("submit batch %d: %w", batch, err)
	}
	return count, nil
}

// sealed is what a section's digest covers of one payment.
type sealed struct {
	No           int64
	Section      int16
	Person       int64
	Amount       money.Amount
	Channel      string
	BIN          string
	AccountIndex []byte
	IDIndex      []byte
	Name         string
	Holder       string
	Category     string
	PayPoint     string
	Payee        int64
}

// leaf is the SHA-256 of the payment's canonical form: 0x00 as RFC 6962 wants
// it, a label, fixed-width numbers, then texts with their length in front.
func (s *sealed) leaf(batch ledger.BatchID, b []byte) ([32]byte, []byte) {
	b = append(b[:0], 0x00)
	b = append(b, "payment/1"...)
	for _, n := range []int64{int64(batch), s.No, s.Person, int64(s.Amount)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, part := range []string{s.Channel, s.BIN, string(s.AccountIndex), string(s.IDIndex), s.Name, s.Holder, s.Category} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	if s.PayPoint != "" || s.Payee != 0 { // absent from payments without, whose leaves stay what they were
		b = append(b, "people/1"...)
		b = binary.BigEndian.AppendUint64(b, uint64(s.Payee))
		b = append(b, s.PayPoint...)
	}
	return sha256.Sum256(b), b
}

const sqlSealed = `
SELECT no, section, person, amount, channel, bin, account_index, id_index, name, holder, category, pay_point, payee
  FROM payout.payment
 WHERE batch = @batch AND no BETWEEN @from AND @to
 ORDER BY no`

// sealing walks payments in order, one in memory at a time.
type sealing struct {
	batch ledger.BatchID
	rows  pgx.Rows
	row   sealed
	more  bool
	buf   []byte
}

func openSealing(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, from, to int64) (*sealing, error) {
	rows, err := tx.Query(ctx, sqlSealed, pgx.NamedArgs{"batch": batch, "from": from, "to": to})
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	s := &sealing{batch: batch, rows: rows}
	return s, s.next()
}

func (s *sealing) next() error {
	s.more = s.rows.Next()
	if !s.more {
		return s.rows.Err()
	}
	r := &s.row
	return s.rows.Scan(&r.No, &r.Section, &r.Person, &r.Amount, &r.Channel, &r.BIN, &r.AccountIndex, &r.IDIndex, &r.Name, &r.Holder, &r.Category, &r.PayPoint, &r.Payee)
}

// runOf is a contiguous piece of one section and channel.
type runOf struct {
	section  int16
	channel  string
	from, to int64
	count    int64
	total    money.Amount
}

// sectionSeal is a section's digest with the runs it was computed over.
type sectionSeal struct {
	section int16
	digest  [32]byte
	count   int64
	total   money.Amount
	runs    []runOf
}

// section seals the payments up to where the next section begins.
func (s *sealing) section() (sectionSeal, error) {
	got := sectionSeal{section: s.row.Section}
	var err error
	got.digest = ledger.MerkleRoot(func(yield func([32]byte) bool) {
		for err == nil && s.more && s.row.Section == got.section {
			var leaf [32]byte
			leaf, s.buf = s.row.leaf(s.batch, s.buf)
			if !yield(leaf) {
				return
			}
			got.add(&s.row)
			err = s.next()
		}
	})
	return got, err
}

func (g *sectionSeal) add(r *sealed) {
	if n := len(g.runs); n == 0 || g.runs[n-1].channel != r.Channel {
		g.runs = append(g.runs, runOf{section: g.section, channel: r.Channel, from: r.No})
	}
	last := &g.runs[len(g.runs)-1]
	last.to, last.count, last.total = r.No, last.count+1, last.total+r.Amount
	g.count, g.total = g.count+1, g.total+r.Amount
}

// crockford has no I, L, O and U: a code is read out on the telephone.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// sectionCode is the first 40 bits of a section digest in eight letters.
func sectionCode(digest []byte) string { return crockford.EncodeToString(digest[:5]) }

// batchDigest is the Merkle root over the sections: number, count, total and
// digest of each, in order.
func batchDigest(sections []sectionSeal) [32]byte {
	return ledger.MerkleRoot(func(yield func([32]byte) bool) {
		for _, s := range sections {
			b := append([]byte{0x00}, "section/1"...)
			for _, n := range []int64{int64(s.section), s.count, int64(s.total)} {
				b = binary.BigEndian.AppendUint64(b, uint64(n))
			}
			if !yield(sha256.Sum256(append(b, s.digest[:]...))) {
				return
			}
		}
	})
}

const sqlAddSections = `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
SELECT @batch::integer, t.no, t.unit, t.unit_from, t.name, t.book, t.count, t.total, t.digest, t.code, 'planned'
  FROM unnest(@nos::smallint[], @units::text[], @froms::date[], @names::text[], @books::integer[], @counts::bigint[], @totals::bigint[],
              @digests::bytea[], @codes::text[]) AS t (no, unit, unit_from, name, book, count, total, digest, code)`

const sqlAddRuns = `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
SELECT @batch::integer, t.section, t.channel, t.from_no, t.to_no, t.from_no, t.count, t.total
  FROM unnest(@sections::smallint[], @channels::text[], @froms::bigint[], @tos::bigint[], @counts::bigint[], @totals::bigint[])
       AS t (section, channel, from_no, to_no, count, total)`

// seal computes every section's digest in one pass over the stored payments.
func (p *plan) seal(ctx context.Context) error {
	walk, err := openSealing(ctx, p.tx, p.batch.ID, 1, 1<<62)
	if err != nil {
		return err
	}
	defer walk.rows.Close()
	var seals []sectionSeal
	for walk.more {
		s, err := walk.section()
		if err != nil {
			return fmt.Errorf("seal section %d: %w", s.section, err)
		}
		seals = append(seals, s)
	}
	walk.rows.Close()
	p.result.Sections, p.result.Digest = len(seals), batchDigest(seals)
	return p.store(ctx, seals)
}

func (p *plan) store(ctx context.Context, seals []sectionSeal) error {
	var nos, runSections []int16
	var units, names, codes, channels []string
	var froms []time.Time
	var books []int32
	var counts, totals, runFroms, runTos, runCounts, runTotals []int64
	var digests [][]byte
	for _, s := range seals {
		u := p.units[s.section-1]
		day := u.ValidFrom
		nos, units, names, books = append(nos, s.section), append(units, u.Code), append(names, u.NameVI), append(books, int32(u.Book))
		froms = append(froms, time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC))
		counts, totals = append(counts, s.count), append(totals, int64(s.total))
		digests, codes = append(digests, slices.Clone(s.digest[:])), append(codes, sectionCode(s.digest[:]))
		for _, r := range s.runs {
			runSections, channels = append(runSections, r.section), append(channels, r.channel)
			runFroms, runTos = append(runFroms, r.from), append(runTos, r.to)
			runCounts, runTotals = append(runCounts, r.count), append(runTotals, int64(r.total))
		}
	}
	if _, err := p.tx.Exec(ctx, sqlAddSections, pgx.NamedArgs{"batch": p.batch.ID, "nos": nos, "units": units, "froms": froms, "names": names,
		"books": books, "counts": counts, "totals": totals, "digests": digests, "codes": codes}); err != nil {
		return fmt.Errorf("store sections: %w", err)
	}
	if _, err := p.tx.Exec(ctx, sqlAddRuns, pgx.NamedArgs{"batch": p.batch.ID, "sections": runSections, "channels": channels,
		"froms": runFroms, "tos": runTos, "counts": runCounts, "totals": runTotals}); err != nil {
		return fmt.Errorf("store runs: %w", err)
	}
	return nil
}
