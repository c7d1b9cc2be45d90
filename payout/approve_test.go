package payout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

// submitted is a batch of one section with two people of 500,000, waiting for
// its approval.
func (o *office) submitted() ledger.BatchID {
	o.t.Helper()
	batch := o.declare("TET26", 9, 9_000_000)
	o.plan(batch, o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "B", 0}))
	o.submit(batch)
	return batch
}

func TestApprovalSheetSaysWhatChanges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.plan(o.declare("TET26", 9, 9_000_000), o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}, entry{3, poor, "XA", 0}))
	o.exec(`UPDATE payout.batch SET period = '2025-12-01'`) // programmes paid every month come later: this is last month's
	o.now = o.now.AddDate(0, 1, 0)
	o.exec(`DELETE FROM registry.channel WHERE person = 2`)
	list := o.list("TET26", baDinh, entry{1, martyr, "A", 0}, entry{2, martyr, "B", 0}, entry{4, martyr, "A", 0}, entry{5, martyr, "A", 0})
	batch := o.declare("TET26", 9, 9_000_000)
	o.plan(batch, list)

	got := o.sheet(batch, 1)
	want := "Đồng ý chi 4 người, 4.000.000 đồng (bằng chữ: Bốn triệu đồng chẵn), tăng 2, giảm 1, đổi tài khoản 1, ngoài danh sách 2"
	if got.Line != want {
		t.Errorf("line\n got %s\nwant %s", got.Line, want)
	}
	if diff := cmp.Diff(payout.Changes{More: 2, Fewer: 1, Account: 1, Outside: 2}, got.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if len(got.Section.Code) != 8 || strings.Trim(got.Section.Code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		t.Errorf("code = %q, want eight letters of Crockford's base 32", got.Section.Code)
	}
	for _, part := range []string{want, "Mã " + got.Section.Code, fmt.Sprintf("digest %x", got.Section.Digest), "total 4000000"} {
		if !strings.Contains(string(got.Content()), part) {
			t.Errorf("content lacks %q:\n%s", part, got.Content())
		}
	}
}

// A supplementary cut follows the first of the same period, which is not gone.
func TestASupplementaryCutTakesNobodyAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.plan(o.declare("TET26", 9, 9_000_000), o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}))
	o.now = o.now.AddDate(0, 0, 3)
	cut := o.declare("TET26", 9, 9_000_000)
	o.plan(cut, o.list("TET26", baDinh, entry{3, poor, "B", 0}))
	if diff := cmp.Diff(payout.Changes{More: 1, Outside: 2}, o.sheet(cut, 1).Changes); diff != "" {
		t.Errorf("changes of the second cut (-want +got):\n%s", diff)
	}
}

func TestApprovePostsWhatIsOwed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.declare("TET26", 3, 1_500_000)
	o.plan(batch, o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "B", 0}), o.list("TET26", ngocHa, entry{3, poor, "A", 0}))
	o.submit(batch)
	got := o.approve(batch)
	if len(got) != 2 || got[0].Voucher == 0 || got[1].Voucher == 0 || got[0].Voucher == got[1].Voucher {
		t.Fatalf("approvals = %+v, want a voucher for each section", got)
	}
	states, err := ledger.StateCounts(t.Context(), o.db, batch)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ledger.StateCount{{State: ledger.Approved, Count: 3, Total: 1_500_000}}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	sections, err := payout.Sections(t.Context(), o.db, batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		if s.State != "approved" || s.Voucher == nil || s.SubmittedBy != "lan" {
			t.Errorf("section %d = %+v, want approved with its voucher", s.No, s)
		}
	}
	_, err = payout.Approve(t.Context(), o.db, batch, 1, o.approver.Sign(payout.Purpose, o.sheet(batch, 1).Content()), o.now)
	wantCode(t, err, "PAYOUT-SECTION-STATE")
}

func TestApproveRefuses(t *testing.T) {
	t.Parallel()
	limit := money.Amount(999_999)
	from := calendar.Must(2025, 7, 1)
	tests := map[string]struct {
		as   payout.Signer // added with key 9
		seal func(o *office, s *crypt.Signer, sheet payout.ApprovalSheet) crypt.Seal
		want string
	}{
		"whoever submitted it":         {as: payout.Signer{ID: "lan", Role: "approver", ValidFrom: from}, want: "PAYOUT-MAKER"},
		"powers that ended":            {as: payout.Signer{ID: "x", Role: "approver", ValidFrom: from, ValidTo: calendar.Must(2026, 1, 19)}, want: "PAYOUT-POWERS"},
		"powers that begin tomorrow":   {as: payout.Signer{ID: "x", Role: "approver", ValidFrom: calendar.Must(2026, 1, 21)}, want: "PAYOUT-POWERS"},
		"a role not on the ladder":     {as: payout.Signer{ID: "x", Role: "accountant", ValidFrom: from}, want: "PAYOUT-ROLE"},
		"a department below its total": {as: payout.Signer{ID: "x", Role: "department", ValidFrom: from}, want: "PAYOUT-ROLE"},
		"another commune's chair":      {as: payout.Signer{ID: "x", Role: "approver", UnitCode: ngocHa, ValidFrom: from}, want: "PAYOUT-UNIT"},
		"more than the limit":          {as: payout.Signer{ID: "x", Role: "approver", Limit: &limit, ValidFrom: from}, want: "PAYOUT-LIMIT"},
		"somebody unknown": {as: payout.Signer{ID: "x", Role: "approver", ValidFrom: from}, want: "PAYOUT-SIGNER-UNKNOWN",
			seal: func(o *office, _ *crypt.Signer, sheet payout.ApprovalSheet) crypt.Seal {
				return signer(o.t, "nobody", 8).Sign(payout.Purpose, sheet.Content())
			}},
		"a seal in another's name": {as: payout.Signer{ID: "x", Role: "approver", ValidFrom: from}, want: "PAYOUT-SEAL",
			seal: func(_ *office, s *crypt.Signer, sheet payout.ApprovalSheet) crypt.Seal {
				seal := s.Sign(payout.Purpose, sheet.Content())
				seal.Signer = "hung"
				return seal
			}},
		"a seal for another purpose": {as: payout.Signer{ID: "x", Role: "approver", ValidFrom: from}, want: "PAYOUT-SEAL",
			seal: func(_ *office, s *crypt.Signer, sheet payout.ApprovalSheet) crypt.Seal {
				return s.Sign("close-day/v1", sheet.Content())
			}},
		"a seal under another total": {as: payout.Signer{ID: "x", Role: "approver", ValidFrom: from}, want: "PAYOUT-SEAL",
			seal: func(_ *office, s *crypt.Signer, sheet payout.ApprovalSheet) crypt.Seal {
				sheet.Section.Total--
				return s.Sign(payout.Purpose, sheet.Content())
			}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			batch := o.submitted()
			s := signer(t, tc.as.ID, 9)
			tc.as.Public, tc.as.NameVI, tc.as.TitleVI = s.Public(), "Thử", "Thử"
			o.inTx(func(ctx context.Context, tx pgx.Tx) error { return payout.AddSigner(ctx, tx, tc.as, "admin", o.now) })
			seal := s.Sign(payout.Purpose, o.sheet(batch, 1).Content())
			if tc.seal != nil {
				seal = tc.seal(o, s, o.sheet(batch, 1))
			}
			_, err := payout.Approve(t.Context(), o.db, batch, 1, seal, o.now)
			wantCode(t, err, tc.want)
			if n := o.rows(`SELECT (SELECT count(*) FROM payout.approval) || '/' || (SELECT count(*) FROM ledger.voucher)`)[0]; n != "0/0" {
				t.Errorf("approvals/vouchers after a refusal = %s, want none", n)
			}
		})
	}
}

func TestWhoeverDeclaredOrSubmittedMayNotApprove(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ declares, submits string }{
		"declared it":  {"hung", "lan"},
		"submitted it": {"lan", "hung"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t) // whose approver is hung
			o.maker = tt.declares
			batch := o.declare("TET26", 9, 9_000_000)
			o.maker = tt.submits
			o.plan(batch, o.list("TET26", baDinh, entry{1, poor, "A", 0}))
			o.submit(batch)
			_, err := payout.ApproveAll(t.Context(), o.db, batch, payout.SealWith(o.approver), o.now)
			wantCode(t, err, "PAYOUT-MAKER")
		})
	}
}

func TestOneKeyCannotSignForTwoPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	tx, err := o.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // the transaction is broken
	err = payout.AddSigner(t.Context(), tx, payout.Signer{ID: "other", NameVI: "Khác", TitleVI: "", Role: "department",
		Public: o.approver.Public(), ValidFrom: calendar.Must(2025, 7, 1)}, "admin", o.now)
	wantCode(t, err, "PAYOUT-KEY-SHARED")
	if !errors.Is(err, payout.ErrKeyShared) {
		t.Errorf("error = %v, want ErrKeyShared", err)
	}
}

// A row changed behind our back, by somebody with every right, after the
// approver read the sheet.
func TestApproveRefusesRowsChangedAfterTheSheet(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"an amount":           `UPDATE payout.payment SET amount = amount + 1 WHERE batch = $1 AND no = 1`,
		"an account":          `UPDATE payout.payment SET account_index = substr(sha256('thief'), 1, 16) WHERE batch = $1 AND no = 1`,
		"a holder":            `UPDATE payout.payment SET holder = 'THIEF' WHERE batch = $1 AND no = 1`,
		"a row less":          `DELETE FROM payout.payment WHERE batch = $1 AND no = 2`,
		"the section's total": `UPDATE payout.section SET total = total + 1 WHERE batch = $1`,
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			batch := o.submitted()
			seal := o.approver.Sign(payout.Purpose, o.sheet(batch, 1).Content())
			super := pgtest.Superuser(t, o.db)
			for _, sql := range []string{`ALTER TABLE payout.payment DISABLE TRIGGER ALL`, change, `ALTER TABLE payout.payment ENABLE TRIGGER ALL`} {
				args := []any{}
				if sql == change {
					args = append(args, batch)
				}
				if _, err := super.Exec(t.Context(), sql, args...); err != nil {
					t.Fatal(err)
				}
			}
			_, err := payout.Approve(t.Context(), o.db, batch, 1, seal, o.now)
			wantCode(t, err, "PAYOUT-DIGEST")
			if !errors.Is(err, payout.ErrDigest) {
				t.Errorf("error = %v, want ErrDigest", err)
			}
		})
	}
}

func TestLargeSectionNeedsTheDepartmentToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var entries []entry
	for n := int64(1); n <= 250; n++ {
		entries = append(entries, entry{n, merit, "A", 0})
	}
	batch := o.declare("TET26", 250, 500_000_000)
	o.plan(batch, o.list("TET26", baDinh, entries...))
	o.submit(batch)
	first := o.approve(batch)[0]
	if first.Voucher != 0 || !cmp.Equal(first.Missing, []string{"department"}) {
		t.Errorf("first approval = %+v, want no voucher before the department", first)
	}
	again := o.approve(batch)[0]
	if !again.Again || again.Voucher != 0 {
		t.Errorf("the same approval again = %+v, want Again and no voucher", again)
	}
	second, err := payout.Approve(t.Context(), o.db, batch, 1, o.city.Sign(payout.Purpose, o.sheet(batch, 1).Content()), o.now)
	if err != nil || second.Voucher == 0 {
		t.Errorf("second approval = %+v, %v, want the voucher", second, err)
	}
}

func TestApprovalsStayWithinTheDeclaration(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.submitted()
	o.exec(`UPDATE payout.batch SET declared_count = 1 WHERE id = $1`, batch)
	_, err := payout.ApproveAll(t.Context(), o.db, batch, payout.SealWith(o.approver), o.now)
	wantCode(t, err, "PAYOUT-OVER-DECLARED")
}

func TestSubmitTakesPlannedSectionsOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.submitted()
	_, err := payout.Submit(t.Context(), o.db, batch, []int16{1}, "lan", o.now)
	wantCode(t, err, "PAYOUT-SUBMIT")
	if kind, _ := errs.Read(err); kind != errs.Conflict {
		t.Errorf("kind = %s, want conflict", kind)
	}
	_, err = payout.Submit(t.Context(), o.db, batch, []int16{7}, "lan", o.now)
	wantCode(t, err, "PAYOUT-SUBMIT")
}
