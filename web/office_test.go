package web_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/accounts"
)

const testList = `
INSERT INTO registry.list (id, programme, unit_code, unit_valid_from, file_name, sha256, original_enc, rows_total, rows_taken, rows_refused,
                           people_new, people_known, channels_changed, imported_by, imported_at)
VALUES ($1::bigint, 'TET26', $2, '2025-07-01', 'ds.xlsx', sha256(('list' || $1::bigint)::bytea), '\x03', $3 + 2, $3, 2, 0, 0, 0, 'lan', $4)`

const testRefused = `
INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due)
SELECT $1::bigint, n, 'Lê Thị ' || n, 'le thi ' || n, 'TET-HN-2026-03', 'LIST-ID-EMPTY', '', 'lan', ($2::timestamptz)::date + 7 FROM generate_series(101, 102) AS n`

const testPeople = `
INSERT INTO registry.person (id, id_index, id_enc, name, name_fold, birth_year, birth_precision, sex, unit_code, unit_valid_from,
                             residential_group, address, first_list, created_at, changed_at)
SELECT n, i.id_index, i.id_enc, 'Nguyễn Văn Mẫu ' || n, 'nguyen van mau ' || n, 1940, 'year', 'M', $1, '2025-07-01', '', '', $2, $3, $3
  FROM generate_series($4::bigint, $5::bigint) AS n JOIN unnest($6::bytea[], $7::bytea[]) WITH ORDINALITY AS i (id_index, id_enc, no) ON i.no = n - $4 + 1`

const testChannel = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, list, valid_from)
VALUES ($1, 1, 'bank', 'account', '999001', $2, $3, $4, 'NGUYEN VAN MAU', $5, $6)`

const testRows = `
INSERT INTO registry.list_row (list, row_no, person, category, decision_no, method, stated_amount, payee_name, payee_kind, contact, note)
SELECT $1, n, n, 'TET-HN-2026-03', '', '', NULL, '', 'self', '', '' FROM generate_series($2::bigint, $3::bigint) AS n`

// accountOf is the invented account number of a person.
func accountOf(person int64) string { return fmt.Sprintf("99900100%06d", person) }

// list takes in a unit's people, numbered from..to, all at bank A.
func (h *house) list(id int64, unit string, from, to int64) {
	h.t.Helper()
	now := h.clock.Now()
	h.exec(testList, id, unit, to-from+1, now)
	h.exec(testRefused, id, now)
	var indexes, ids [][]byte
	for n := from; n <= to; n++ {
		index, closed := h.closed(crypt.FieldID, fmt.Sprintf("000040%06d", n))
		indexes, ids = append(indexes, index), append(ids, closed)
	}
	h.exec(testPeople, unit, id, now, from, to, indexes, ids)
	for n := from; n <= to; n++ {
		index, closed := h.closed(crypt.FieldAccount, accountOf(n))
		h.exec(testChannel, n, closed, index, accountOf(n)[10:], id, now)
	}
	h.exec(testRows, id, from, to)
}

// closed encrypts a number as the registry does.
func (h *house) closed(kind crypt.FieldKind, number string) (index, closed []byte) {
	h.t.Helper()
	index = h.keys.Index(kind, crypt.Secret(number))
	closed, err := h.keys.Encrypt(h.people.Random, crypt.Place{Column: string(kind), Row: hex.EncodeToString(index)}, crypt.Secret(number))
	if err != nil {
		h.t.Fatal(err)
	}
	return index, closed
}

// plan declares, plans and allots a batch of two communes: 130 people in the
// first, 3 in the second, 500,000 each.
func (h *house) plan(maker string) ledger.BatchID {
	h.t.Helper()
	h.list(1, unitOne, 1, 130)
	h.list(2, unitTwo, 131, 133)
	var id ledger.BatchID
	h.inTx(func(ctx context.Context, tx pgx.Tx) error {
		var err error
		id, err = payout.Declare(ctx, tx, payout.Declaration{Programme: "TET26", Period: due, Count: 133, Total: 66_500_000, NameVI: "Quà Tết mẫu",
			DecisionNo: "01/QĐ-MẪU", DecisionDate: due, MadeBy: maker}, h.clock.Now())
		return err
	})
	if _, err := payout.Plan(h.t.Context(), h.db, id, payout.PlanOptions{Who: maker}, h.clock.Now()); err != nil {
		h.t.Fatal(err)
	}
	if err := payout.Allot(h.t.Context(), h.db, id, maker, h.clock.Now()); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// staffed is a house with its people and a planned batch.
func staffed(t *testing.T) (*house, ledger.BatchID) {
	t.Helper()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", true)
	h.person("chu-tich-00004", accounts.Approver, unitOne, true)
	h.person("ke-toan", accounts.Accountant, "", true)
	return h, h.plan("lan")
}

// seal approves a section in a person's name, as the console would.
func (h *house) seal(batch ledger.BatchID, section int16, who string) {
	h.t.Helper()
	signer, err := h.people.Signer(h.t.Context(), who, password, "test")
	if err != nil {
		h.t.Fatal(err)
	}
	sheet, err := payout.ReadApprovalSheet(h.t.Context(), h.db, batch, section)
	if err != nil {
		h.t.Fatal(err)
	}
	seal, err := payout.SealWith(signer)(sheet)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := payout.Approve(h.t.Context(), h.db, batch, section, seal, h.clock.Now()); err != nil {
		h.t.Fatal(err)
	}
}

// send marks a payment as ordered at bank A with nobody knowing what became of
// it, through the ledger as the engine does.
func (h *house) send(batch ledger.BatchID, payment int64, doubt bool) {
	h.t.Helper()
	h.inTx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.BookByCode(ctx, tx, "9990001")
		if err != nil {
			return err
		}
		if err := ledger.LockFunds(ctx, tx, book.ID, "A"); err != nil {
			return err
		}
		at, err := ledger.Positions(ctx, tx, batch, []int64{payment})
		if err != nil {
			return err
		}
		p, now := at[payment], h.clock.Now()
		desk := ledger.NewDesk(tx, book.ID, ledger.EntrustedState, "A", "TET26", now)
		line, err := desk.Fill(ctx, p.Next(batch, ledger.LegOrdered, p.Attempt, p.Amount))
		if err != nil {
			return err
		}
		_, err = payout.Post(ctx, tx, ledger.Voucher{Key: fmt.Sprint("test ", payment), Book: book.ID, PostingSet: ledger.EntrustedState, Kind: "ordered",
			AccountingDate: due, PostedAt: now, Text: "Phát lệnh thử", Batch: batch, OrderNo: payment, Lines: ledger.ListOf([]ledger.Line{line})},
			payout.Moved{Was: func(int64) payout.Standing { return payout.Standing{State: ledger.Approved, Channel: "A"} }, At: "A"})
		if err != nil || !doubt {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, submission, section, channel, amount)
			SELECT batch, no, 1, 'doubt', $3, 'hết giờ chờ', 0, section, channel, amount FROM payout.payment WHERE batch = $1 AND no = $2`, batch, payment, now)
		return err
	})
}

// fund puts money at bank A.
func (h *house) fund() {
	h.t.Helper()
	h.inTx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.BookByCode(ctx, tx, "9990001")
		if err != nil {
			return err
		}
		_, err = ledger.Move(ctx, tx, ledger.Voucher{Key: "fund", Book: book.ID, PostingSet: ledger.EntrustedState, Kind: "draw", AccountingDate: due, PostedAt: h.clock.Now(), Text: "rút", Cause: 1},
			[]ledger.Entry{{Debit: ledger.SlotFor(ledger.RoleFunds, "A", "TET26"), Credit: ledger.SlotFor(ledger.RoleBudget, "", "TET26"), Amount: 100_000_000}})
		return err
	})
}
