package people_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

func init() {
	pgtest.AfterEach("ledger", func(ctx context.Context, db *pgxpool.Pool) error {
		if _, _, err := ledger.Seal(ctx, db, calendar.Must(2026, 12, 31).Start()); err != nil {
			return err
		}
		return ledger.CheckAll(ctx, db)
	})
	pgtest.AfterEach("rows", func(ctx context.Context, db *pgxpool.Pool) error {
		found, err := payout.CheckRows(ctx, db)
		for _, fault := range found {
			err = errors.Join(err, fault)
		}
		return err
	})
}

// The commune of the fixture, its neighbour, and two categories of the Tet gift.
const (
	baDinh = "00004"
	ngocHa = "00008"
	merit  = "TET-HN-2026-01" // 2,000,000
	poor   = "TET-HN-2026-03" // 500,000
)

var unitsNow = calendar.Must(2025, 7, 1)

// hall is a city hall: a desk, a maker, an approver of each of two communes and
// the department, on a real database with the real payout beside it.
type hall struct {
	*people.Desk
	t       *testing.T
	db      *pgxpool.Pool
	now     time.Time
	signers map[string]*crypt.Signer
	rows    int
}

func newHall(t *testing.T) *hall {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("a test of package people"))
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{t: t, db: pgtest.DB(t), now: calendar.Must(2026, 1, 20).At(9, 0), signers: map[string]*crypt.Signer{}}
	h.Desk = &people.Desk{DB: h.db, Keys: keys, Random: rand.Reader, Now: func() time.Time { return h.now }, Office: payout.PeopleOffice{}}
	h.inTx(h.open)
	return h
}

func (h *hall) inTx(fn func(context.Context, pgx.Tx) error) {
	h.t.Helper()
	if err := pgdb.InTx(h.t.Context(), h.db, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) open(ctx context.Context, tx pgx.Tx) error {
	if err := registry.Prepare(ctx, tx, true, h.now); err != nil {
		return err
	}
	if _, err := payout.Install(ctx, tx, "TST", h.now); err != nil {
		return err
	}
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	if err := registry.AddBook(ctx, tx, registry.Book{Code: "1000001", NameVI: "Sở Nội vụ Mẫu", ValidFrom: unitsNow}); err != nil {
		return err
	}
	for _, s := range schemes {
		if err := payout.AddScheme(ctx, tx, s); err != nil {
			return err
		}
		for _, unit := range []string{baDinh, ngocHa} {
			rule := registry.BookRule{Programme: s.Programme.Code, Unit: registry.UnitKey{Code: unit, ValidFrom: unitsNow}, Book: "1000001", ValidFrom: unitsNow}
			if err := registry.AddBookRules(ctx, tx, []registry.BookRule{rule}); err != nil {
				return err
			}
		}
	}
	book, err := ledger.OpenBook(ctx, tx, "1000001", "Sở Nội vụ Mẫu", h.now)
	if err != nil {
		return err
	}
	account := []payout.PayingAccount{{Book: book.ID, Account: "1900001", Name: "SO NOI VU MAU"}}
	for i, c := range []payout.Channel{{Key: "A", Kind: "bank", BIN: "999001", Default: true}, {Key: "XA", Kind: "provider", Provider: "XA"}} {
		c.Ordinal, c.NameVI = int16(i+1), "Kênh "+string(c.Key)
		if err := payout.AddChannel(ctx, tx, c, account, h.now); err != nil {
			return err
		}
	}
	for i, s := range []payout.Signer{{ID: "lan", Role: "maker"}, {ID: "hung", Role: "approver", UnitCode: baDinh},
		{ID: "binh", Role: "approver", UnitCode: ngocHa}, {ID: "mai", Role: "department"}} {
		seed := make([]byte, 32)
		seed[0] = byte(i + 1)
		if h.signers[s.ID], err = crypt.NewSigner(s.ID, seed); err != nil {
			return err
		}
		s.NameVI, s.TitleVI, s.Public, s.ValidFrom = s.ID, s.Role, h.signers[s.ID].Public(), unitsNow
		if err := payout.AddSigner(ctx, tx, s, "cai-dat", h.now); err != nil {
			return err
		}
	}
	return nil
}

const testPerson = `
INSERT INTO registry.person (id, id_index, id_enc, name, name_fold, birth_date, birth_year, birth_precision, sex, unit_code, unit_valid_from,
                             residential_group, address, first_list, created_at, changed_at)
VALUES (@id, @index, @closed, @name, @fold, @birth, 1940, 'day', 'M', @unit, @from, 'Thôn 1', '', 1, @now, @now)`

// person adds a man born on 1940-03-05 with the id 000040900nnn.
func (h *hall) person(n int64, name, unit string) int64 {
	h.t.Helper()
	index, closed, err := registry.CloseID(h.Keys, rand.Reader, idOf(n))
	if err != nil {
		h.t.Fatal(err)
	}
	h.exec(testPerson, pgx.NamedArgs{"id": n, "index": index, "closed": closed, "name": name, "fold": fold(name), "birth": calendar.Must(1940, 3, 5),
		"unit": unit, "from": unitsNow, "now": h.now})
	return n
}

func idOf(n int64) crypt.Secret      { return crypt.Secret(fmt.Sprintf("000040900%03d", n)) }
func accountOf(n int64) crypt.Secret { return crypt.Secret(fmt.Sprintf("00100000%05d", n)) }

const testWay = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, list, valid_from)
VALUES (@person, 1, 'bank', 'account', '999001', @closed, @index, @tail, @holder, 1, @now)`

// banked is a person with an account of their own, or with another's.
func (h *hall) banked(n int64, name string, account crypt.Secret) int64 {
	h.t.Helper()
	h.person(n, name, baDinh)
	index, closed, err := registry.CloseAccount(h.Keys, rand.Reader, account)
	if err != nil {
		h.t.Fatal(err)
	}
	h.exec(testWay, pgx.NamedArgs{"person": n, "closed": closed, "index": index, "tail": registry.AccountTail(account), "holder": name, "now": h.now})
	return n
}

func (h *hall) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

const testList = `
INSERT INTO registry.list (id, programme, unit_code, unit_valid_from, file_name, sha256, original_enc, rows_total, rows_taken, rows_refused,
                           people_new, people_known, channels_changed, imported_by, imported_at)
VALUES (nextval('registry.list_seq'), @programme, @unit, '2025-07-01', 'ds.xlsx', sha256((@salt::text)::bytea), '\x03', @taken::integer, @taken::integer, 0, 0, 0, 0, 'lan', @now)
RETURNING id`

const testRow = `
INSERT INTO registry.list_row (list, row_no, person, category, decision_no, method, payee_name, payee_kind, contact, note)
VALUES (@list, @row, @person, @category, '10/QĐ', 'account', '', 'self', '', '')`

// list takes in people of a commune for a programme.
func (h *hall) list(programme, unit, category string, people ...int64) int64 {
	h.t.Helper()
	h.rows++
	var id int64
	if err := h.db.QueryRow(h.t.Context(), testList, pgx.NamedArgs{"programme": programme, "unit": unit, "salt": fmt.Sprint(h.rows), "taken": len(people) + 1,
		"now": h.now}).Scan(&id); err != nil {
		h.t.Fatal(err)
	}
	if programme == "TET26" { // with somebody nobody asks about, or a list of people without a right could not be planned
		people = append(people, h.banked(int64(900+h.rows), fmt.Sprintf("Người khác %c", 'A'+rune(h.rows)), accountOf(int64(900+h.rows))))
	}
	for i, p := range people {
		h.exec(testRow, pgx.NamedArgs{"list": id, "row": i + 1, "person": p, "category": category})
	}
	return id
}

// plan declares and plans a batch from lists, and returns what each person gets:
// "person channel account-tail holder amount".
func (h *hall) plan(programme string, lists ...int64) (payout.PlanResult, []string) {
	h.t.Helper()
	var batch ledger.BatchID
	h.inTx(func(ctx context.Context, tx pgx.Tx) error {
		var err error
		batch, err = payout.Declare(ctx, tx, payout.Declaration{Programme: programme, NameVI: "Đợt thử", Count: 99, Total: money.Amount(99_000_000),
			DecisionNo: "01/QĐ-UBND", DecisionDate: calendar.Must(2026, 1, 10), MadeBy: "lan"}, h.now)
		return err
	})
	result, err := payout.Plan(h.t.Context(), h.db, batch, payout.PlanOptions{Lists: lists, Who: "lan"}, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return result, h.text(`SELECT format('%s %s %s %s %s%s', person, channel, account_tail, holder, amount, nullif(' tại ' || pay_point, ' tại '))
		FROM payout.payment WHERE batch = $1 AND person < 900 ORDER BY person`, batch)
}

func (h *hall) text(sql string, args ...any) []string {
	h.t.Helper()
	rows, _ := h.db.Query(h.t.Context(), sql, args...)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

var paper = people.Paper{No: "12/GCN", Date: calendar.Must(2026, 1, 15)}

// propose proposes with a paper and a reason, and must succeed.
func (h *hall) propose(person int64, c people.Change, from calendar.Date) people.Act {
	h.t.Helper()
	a, err := h.try(person, c, from)
	if err != nil {
		h.t.Fatalf("propose %T of person %d: %v", c, person, err)
	}
	return a
}

func (h *hall) try(person int64, c people.Change, from calendar.Date) (people.Act, error) {
	return h.Propose(h.t.Context(), people.Proposal{Person: person, Change: c, From: from, Paper: paper, Why: "giấy tờ của người dân", By: "lan"})
}

// done proposes and, where it takes two, has the commune's approver confirm.
func (h *hall) done(person int64, c people.Change, from calendar.Date) people.Act {
	h.t.Helper()
	a := h.propose(person, c, from)
	if a.Outcome == "done" {
		return a
	}
	return h.confirm(a)
}

func (h *hall) confirm(a people.Act) people.Act {
	h.t.Helper()
	got, err := h.Confirm(h.t.Context(), a.ID, people.SealWith(h.signers["mai"], a))
	if err != nil {
		h.t.Fatalf("confirm %v: %v", a, err)
	}
	return got
}

func (h *hall) refuse(a people.Act, why string) {
	h.t.Helper()
	if _, err := h.Refuse(h.t.Context(), a.ID, why, people.SealRefusal(h.signers["mai"], a, why)); err != nil {
		h.t.Fatalf("refuse %v: %v", a, err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || errs.Code(err) != code {
		t.Errorf("error = %v, want code %s", err, code)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
}

func (h *hall) read(person int64, day calendar.Date, known time.Time, who people.Reader) people.Record {
	h.t.Helper()
	r, err := people.Read(h.t.Context(), h.db, h.Keys, person, day, known, who)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}
