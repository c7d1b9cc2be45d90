package payout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Approval is what one seal did. Missing lists the roles whose approval is
// still waited for; Voucher is set once the ladder is complete.
type Approval struct {
	Section int16
	Missing []string
	Voucher ledger.VoucherID
	Count   int64
	Total   money.Amount
	Again   bool // this person approved this digest before
}

// Errors of Approve a caller may match.
var (
	ErrSectionState = errors.New("the section is not waiting for approval")
	ErrDigest       = errors.New("the stored payments are not what the section's digest covers")
)

// Approve takes one person's seal under a section's approval sheet. When the
// ladder for the section's total is complete, the approval voucher is posted in
// the same transaction; from then on the people are owed the money.
//
// It refuses a signer without powers over the section today, the maker, a seal
// that does not cover exactly what is stored now (crypt.ErrSignature), stored
// payments that differ from the digest (ErrDigest), a section that is not
// submitted (ErrSectionState) and approvals beyond the declaration
// (ErrOverDeclared).
func Approve(ctx context.Context, db pgdb.DB, batch ledger.BatchID, section int16, seal crypt.Seal, now time.Time) (Approval, error) {
	var result Approval
	err := pgdb.InTxSerializable(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		a := approving{tx: tx, now: now}
		if err := a.run(ctx, batch, section, seal); err != nil {
			return err
		}
		result = a.result
		return nil
	})
	if err != nil {
		return Approval{}, fmt.Errorf("approve section %d/%d: %w", batch, section, err)
	}
	return result, nil
}

// Approver seals sheets in the name of one person.
type Approver func(ApprovalSheet) (crypt.Seal, error)

// ApproveAll has approver seal every submitted section, each in a transaction
// of its own, and returns what each seal did. It stops at the first refusal;
// what was approved before stays approved.
func ApproveAll(ctx context.Context, db pgdb.DB, batch ledger.BatchID, approver Approver, now time.Time) ([]Approval, error) {
	list, err := Sections(ctx, db, batch)
	if err != nil {
		return nil, err
	}
	var done []Approval
	for _, s := range list {
		if s.State != "submitted" {
			continue
		}
		sheet, err := ReadApprovalSheet(ctx, db, batch, s.No)
		if err != nil {
			return done, err
		}
		seal, err := approver(sheet)
		if err != nil {
			return done, fmt.Errorf("seal section %d/%d: %w", batch, s.No, err)
		}
		one, err := Approve(ctx, db, batch, s.No, seal, now)
		if err != nil {
			return done, err
		}
		done = append(done, one)
	}
	return done, nil
}

// SealWith approves with a signer held by this process: a demo, a test, or a
// person's own tool.
func SealWith(s *crypt.Signer) Approver {
	return func(sheet ApprovalSheet) (crypt.Seal, error) { return s.Sign(Purpose, sheet.Content()), nil }
}

// approving is one Approve under way.
type approving struct {
	tx      pgx.Tx
	now     time.Time
	batch   Batch
	section Section
	sheet   ApprovalSheet
	result  Approval
}

func (a *approving) run(ctx context.Context, batch ledger.BatchID, section int16, seal crypt.Seal) error {
	var err error
	if a.batch, err = LockBatch(ctx, a.tx, batch); err != nil {
		return err
	}
	if a.section, err = lockSection(ctx, a.tx, batch, section); err != nil {
		return err
	}
	s := a.section
	a.result = Approval{Section: section, Count: s.Count, Total: s.Total}
	if s.State != "submitted" {
		return errs.Coded(errs.Conflict, "PAYOUT-SECTION-STATE", fmt.Sprintf("%s đang ở trạng thái %s, không chờ phê duyệt. / "+
			"%s is %s, not waiting for approval.", s.UnitNameVI, sectionWordVI[s.State], s.UnitNameVI, s.State), ErrSectionState)
	}
	roles, err := a.ladder(ctx)
	if err != nil {
		return err
	}
	signer, err := ReadSigner(ctx, a.tx, seal.Signer)
	if err != nil {
		return err
	}
	if err := signer.mayApprove(a.batch, s, roles, calendar.DateOf(a.now)); err != nil {
		return err
	}
	from, to, err := a.sameRows(ctx)
	if err != nil {
		return err
	}
	if a.sheet, err = sheetOf(ctx, a.tx, a.batch, s); err != nil {
		return err
	}
	if err := a.verify(signer, seal); err != nil {
		return err
	}
	if err := a.note(ctx, signer, seal); err != nil {
		return err
	}
	if a.result.Missing, err = a.missing(ctx, roles); err != nil || len(a.result.Missing) > 0 {
		return err
	}
	return a.post(ctx, from, to)
}

const sqlLadder = `SELECT DISTINCT role FROM payout.ladder WHERE total_from <= @total ORDER BY role`

// ladder lists the roles whose approval a section of this total needs.
func (a *approving) ladder(ctx context.Context) ([]string, error) {
	rows, _ := a.tx.Query(ctx, sqlLadder, pgx.NamedArgs{"total": a.section.Total})
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("ladder: %w", err)
	}
	if len(roles) == 0 {
		return nil, errs.Coded(errs.Conflict, "PAYOUT-NO-LADDER", fmt.Sprintf("Chưa đặt cấp phê duyệt cho mức %s đồng. / "+
			"No approval ladder is set for %s đồng.", a.section.Total, a.section.Total), nil)
	}
	return roles, nil
}

func (a *approving) verify(signer Signer, seal crypt.Seal) error {
	err := crypt.Verify(signer.Public, seal, a.sheet.Content())
	if err == nil && seal.Purpose != Purpose {
		err = fmt.Errorf("purpose %q: %w", seal.Purpose, crypt.ErrSignature)
	}
	if err != nil {
		return errs.Coded(errs.Conflict, "PAYOUT-SEAL", fmt.Sprintf("Dấu phê duyệt của %s không khớp nội dung hiện tại của %s: mở lại tờ phê duyệt và duyệt lại. / "+
			"The seal of %s does not cover what %s holds now: open the approval sheet again and approve anew.",
			signer.ID, a.section.UnitNameVI, signer.ID, a.section.UnitNameVI), err)
	}
	return nil
}

const sqlSectionRange = `SELECT min(from_no), max(to_no) FROM payout.run WHERE batch = @batch AND section = @section`

// sameRows computes the digest anew from the stored payments and compares it,
// the count and the total with what the section was planned with.
func (a *approving) sameRows(ctx context.Context) (from, to int64, err error) {
	s := a.section
	if err := a.tx.QueryRow(ctx, sqlSectionRange, pgx.NamedArgs{"batch": s.Batch, "section": s.No}).Scan(&from, &to); err != nil {
		return 0, 0, fmt.Errorf("range of the section: %w", err)
	}
	walk, err := openSealing(ctx, a.tx, s.Batch, from, to)
	if err != nil {
		return 0, 0, err
	}
	defer walk.rows.Close()
	got, err := walk.section()
	if err != nil {
		return 0, 0, fmt.Errorf("digest of the section: %w", err)
	}
	if walk.more || got.section != s.No || !bytes.Equal(got.digest[:], s.Digest) || got.count != s.Count || got.total != s.Total {
		return 0, 0, errs.Coded(errs.Conflict, "PAYOUT-DIGEST", fmt.Sprintf("Các khoản chi lưu của %s không còn khớp mã %s: không phê duyệt, báo người quản trị. / "+
			"The stored payments of %s no longer fit code %s: do not approve, tell the administrator.", s.UnitNameVI, s.Code, s.UnitNameVI, s.Code), ErrDigest)
	}
	return from, to, nil
}

const sqlAddApproval = `
INSERT INTO payout.approval (batch, section, signer, digest, text, seal, at)
VALUES (@batch, @section, @signer, @digest, @text, @seal, @now)
ON CONFLICT (batch, section, signer, digest) DO NOTHING`

func (a *approving) note(ctx context.Context, signer Signer, seal crypt.Seal) error {
	s := a.section
	tag, err := a.tx.Exec(ctx, sqlAddApproval, pgx.NamedArgs{"batch": s.Batch, "section": s.No, "signer": signer.ID, "digest": s.Digest,
		"text": string(a.sheet.Content()), "seal": seal.Signature, "now": a.now})
	if err != nil {
		return fmt.Errorf("store the approval: %w", err)
	}
	if a.result.Again = tag.RowsAffected() == 0; a.result.Again {
		return nil
	}
	return record(ctx, a.tx, a.now, signer.ID, "section.approve", s.Batch, map[string]any{"section": s.No, "code": s.Code, "role": signer.Role,
		"count": s.Count, "total": s.Total.Exact(), "text": a.sheet.Line})
}

const sqlApprovedRoles = `
SELECT DISTINCT g.role FROM payout.approval AS a JOIN payout.signer AS g ON g.id = a.signer
 WHERE a.batch = @batch AND a.section = @section AND a.digest = @digest`

// missing lists the ladder's roles nobody has approved this digest in. A person
// has one role, so two roles are two people.
func (a *approving) missing(ctx context.Context, roles []string) ([]string, error) {
	rows, _ := a.tx.Query(ctx, sqlApprovedRoles, pgx.NamedArgs{"batch": a.section.Batch, "section": a.section.No, "digest": a.section.Digest})
	have, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("approvals: %w", err)
	}
	return slices.DeleteFunc(roles, func(r string) bool { return slices.Contains(have, r) }), nil
}

const sqlApprovedSum = `
SELECT coalesce(sum(count), 0)::bigint, coalesce(sum(total), 0)::bigint
  FROM payout.section WHERE batch = @batch AND state IN ('approved', 'released')`

const sqlMarkApproved = `
UPDATE payout.section SET state = 'approved', approved_at = @now, voucher = @voucher
 WHERE batch = @batch AND no = @section AND state = 'submitted'`

func (a *approving) post(ctx context.Context, from, to int64) error {
	s, b := a.section, a.batch
	var count int64
	var total money.Amount
	if err := a.tx.QueryRow(ctx, sqlApprovedSum, pgx.NamedArgs{"batch": s.Batch}).Scan(&count, &total); err != nil {
		return fmt.Errorf("sum of approvals: %w", err)
	}
	if err := overDeclared(b, count+s.Count, total+s.Total); err != nil {
		return err
	}
	date, err := ledger.OpenDay(ctx, a.tx, s.Book, calendar.DateOf(a.now))
	if err != nil {
		return err
	}
	posted, err := Post(ctx, a.tx, ledger.Voucher{
		Key:   fmt.Sprintf("approved/%d/%d", s.Batch, s.No),
		Facts: a.sheet.facts(),
		Book:  s.Book, PostingSet: b.PostingSet, Kind: "approved", AccountingDate: date, PostedAt: a.now, Batch: s.Batch,
		Text:  fmt.Sprintf("Phê duyệt chi đợt %d, %s: %s người, %s đồng, mã %s", s.Batch, s.UnitNameVI, grouped(s.Count), s.Total, s.Code),
		Lines: a.lines(ctx, from, to),
	}, Moved{})
	if err != nil {
		return err
	}
	if posted.Lines != s.Count {
		return fmt.Errorf("the voucher has %d lines, the section %d payments: %w", posted.Lines, s.Count, ErrDigest)
	}
	a.result.Voucher = posted.ID
	if _, err := a.tx.Exec(ctx, sqlMarkApproved, pgx.NamedArgs{"batch": s.Batch, "section": s.No, "now": a.now, "voucher": posted.ID}); err != nil {
		return fmt.Errorf("mark approved: %w", err)
	}
	return nil
}

// facts is what an approval voucher is about, whoever approved it and whatever
// the sentence said about the batch before.
func (a ApprovalSheet) facts() []byte {
	s := a.Section
	return fmt.Appendf(nil, "approved %d/%d %s %s book %d count %d total %d digest %x", s.Batch, s.No, s.UnitCode, s.UnitValidFrom, s.Book,
		s.Count, int64(s.Total), s.Digest)
}

// linesMax is how many payments are held in memory while a voucher is posted.
const linesMax = 20_000

const sqlApprovedLines = `
SELECT no, amount FROM payout.payment WHERE batch = @batch AND no > @after AND no <= @to ORDER BY no LIMIT @limit`

// lines makes the first line of each payment, read piece by piece in the same
// transaction.
func (a *approving) lines(ctx context.Context, from, to int64) iter.Seq2[ledger.Line, error] {
	s := a.section
	desk := ledger.NewDesk(a.tx, s.Book, a.batch.PostingSet, "", a.batch.Programme, a.now)
	type owed struct {
		No     int64
		Amount money.Amount
	}
	return func(yield func(ledger.Line, error) bool) {
		for after := from - 1; after < to; {
			rows, _ := a.tx.Query(ctx, sqlApprovedLines, pgx.NamedArgs{"batch": s.Batch, "after": after, "to": to, "limit": linesMax})
			list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[owed])
			if err != nil {
				yield(ledger.Line{}, fmt.Errorf("payments after %d: %w", after, err))
				return
			}
			if len(list) == 0 {
				return
			}
			for _, o := range list {
				l, err := desk.Fill(ctx, ledger.Line{Batch: s.Batch, Payment: o.No, Seq: 1, Leg: ledger.LegApproved, Amount: o.Amount})
				if !yield(l, err) || err != nil {
					return
				}
			}
			after = list[len(list)-1].No
		}
	}
}
