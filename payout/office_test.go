package payout_test

import (
	"context"
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
)

func init() {
	pgtest.AfterEach("ledger", func(ctx context.Context, db *pgxpool.Pool) error {
		if _, _, err := ledger.Seal(ctx, db, calendar.Must(2026, 12, 31).Start()); err != nil {
			return err
		}
		return ledger.CheckAll(ctx, db)
	})
	pgtest.AfterEach("tallies", func(ctx context.Context, db *pgxpool.Pool) error {
		found, err := payout.CheckTallies(ctx, db)
		for _, tie := range found {
			err = errors.Join(err, tie)
		}
		return err
	})
	pgtest.AfterEach("rows", func(ctx context.Context, db *pgxpool.Pool) error {
		found, err := payout.CheckRows(ctx, db)
		for _, fault := range found {
			err = errors.Join(err, fault)
		}
		return err
	})
}

// The units of the fixture and the categories of the Tet programme.
const (
	baDinh   = "00004"
	ngocHa   = "00008"
	merit    = "TET-HN-2026-01" // 2,000,000
	martyr   = "TET-HN-2026-02" // 1,000,000
	poor     = "TET-HN-2026-03" // 500,000
	pension  = "TET-HN-2026-04" // 300,000
	stranger = "HTXH-75"        // no rule of the programme
)

// office is a city with two units, two banks, two providers, one book and three
// people who sign.
type office struct {
	t        *testing.T
	db       *pgxpool.Pool
	now      time.Time
	maker    string
	approver *crypt.Signer
	city     *crypt.Signer
	lists    int64
	month    calendar.Date // of lists and batches of programmes that pay every month; zero = January 2026, once
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, db: pgtest.DB(t), now: calendar.Must(2026, 1, 20).At(9, 0), maker: "lan"}
	o.approver, o.city = signer(t, "hung", 1), signer(t, "mai", 2)
	o.inTx(o.open)
	return o
}

func signer(t *testing.T, name string, key byte) *crypt.Signer {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = key
	s, err := crypt.NewSigner(name, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (o *office) inTx(fn func(context.Context, pgx.Tx) error) {
	o.t.Helper()
	if err := pgdb.InTx(o.t.Context(), o.db, fn); err != nil {
		o.t.Fatal(err)
	}
}

const testPlaces = `
INSERT INTO registry.unit (code, valid_from, name_vi, name_en, kind, parent_code)
VALUES ('00004', '2025-07-01', 'Phường Ba Đình', 'Ba Dinh', 'ward', '01'), ('00008', '2025-07-01', 'Phường Ngọc Hà', 'Ngoc Ha', 'ward', '01')`

const testBooks = `
INSERT INTO registry.book (code, valid_from, name_vi) VALUES ('1000001', '2025-07-01', 'Sở Nội vụ Mẫu')`

const testBookOf = `
INSERT INTO registry.book_of (programme, unit_code, unit_valid_from, valid_from, book)
SELECT p, u, '2025-07-01', '2025-07-01', '1000001' FROM unnest(ARRAY['TET26', 'THO26', 'BTXH26', 'HTXH26']) AS p, unnest(ARRAY['00004', '00008']) AS u`

func (o *office) open(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{testPlaces, testBooks, testBookOf} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if _, err := payout.Install(ctx, tx, "TST", o.now); err != nil {
		return err
	}
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	for _, s := range schemes {
		if err := payout.AddScheme(ctx, tx, s); err != nil {
			return err
		}
	}
	book, err := ledger.OpenBook(ctx, tx, "1000001", "Sở Nội vụ Mẫu", o.now)
	if err != nil {
		return err
	}
	account := []payout.PayingAccount{{Book: book.ID, Account: "1900001", Name: "SO NOI VU MAU"}}
	for i, c := range []payout.Channel{
		{Key: "A", Kind: "bank", BIN: "999001", Default: true}, {Key: "B", Kind: "bank", BIN: "999002"},
		{Key: "BHXH", Kind: "provider", Provider: "BHXH"}, {Key: "XA", Kind: "provider", Provider: "XA"},
	} {
		c.Ordinal, c.NameVI = int16(i+1), "Ngân hàng Mẫu "+string(c.Key)
		if err := payout.AddChannel(ctx, tx, c, account, o.now); err != nil {
			return err
		}
	}
	from := calendar.Must(2025, 7, 1)
	for _, s := range []payout.Signer{
		{ID: "hung", NameVI: "Hùng", TitleVI: "Chủ tịch", Role: "approver", Public: o.approver.Public(), ValidFrom: from},
		{ID: "mai", NameVI: "Mai", TitleVI: "Phó Giám đốc", Role: "department", Public: o.city.Public(), ValidFrom: from},
	} {
		if err := payout.AddSigner(ctx, tx, s, "admin", o.now); err != nil {
			return err
		}
	}
	return nil
}

// entry is one row of a list: person no, what for, and how.
type entry struct {
	person   int64
	category string
	channel  string // A, B or C: a bank with that BIN; BHXH, XA; "" = none
	stated   int64  // 0 = not stated
}

const testPerson = `
INSERT INTO registry.person (id, id_index, id_enc, name, name_fold, birth_year, birth_precision, sex, unit_code, unit_valid_from,
                             residential_group, address, first_list, created_at, changed_at)
VALUES (@person::bigint, substr(sha256(('id' || @person::bigint)::bytea), 1, 16), '\x01', 'Nguyễn Văn ' || @person::bigint, 'nguyen van ' || @person::bigint,
        1900 + @person::bigint % 100, 'year', 'M', @unit, '2025-07-01', '', '', @list::bigint, @now, @now)
ON CONFLICT DO NOTHING`

const testBankChannel = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, list, valid_from)
VALUES (@person::bigint, 1, 'bank', 'account', @bin, '\x02', substr(sha256(('account' || @person::bigint)::bytea), 1, 16), '0000', 'NGUYEN VAN ' || @person::bigint, @list::bigint, @now)
ON CONFLICT DO NOTHING`

const testProviderChannel = `
INSERT INTO registry.channel (person, rank, kind, method, provider, list, valid_from)
VALUES (@person::bigint, 1, 'provider', 'cash', @channel, @list::bigint, @now)
ON CONFLICT DO NOTHING`

const testList = `
INSERT INTO registry.list (id, programme, month, unit_code, unit_valid_from, file_name, sha256, original_enc, rows_total, rows_taken, rows_refused,
                           people_new, people_known, channels_changed, imported_by, imported_at)
VALUES (@list::bigint, @programme, @month, @unit, '2025-07-01', 'ds.xlsx', sha256(('list' || @list::bigint)::bytea), '\x03', @taken::integer + 2, @taken::integer, 2, 0, 0, 0, 'lan', @now)`

const testRefused = `
INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due)
SELECT @list::bigint, n, 'Lê Thị ' || n, 'le thi ' || n, 'TET-HN-2026-03', 'LIST-ID-EMPTY', '', 'lan', (@now::timestamptz)::date + 7 FROM generate_series(101, 102) AS n`

const testListRow = `
INSERT INTO registry.list_row (list, row_no, person, category, decision_no, method, stated_amount, payee_name, payee_kind, contact, note)
VALUES (@list::bigint, @row, @person::bigint, @category, '', '', nullif(@stated::bigint, 0), '', 'self', '', '')`

// list takes in a list of a unit for a programme, with two rows refused.
func (o *office) list(programme, unit string, entries ...entry) int64 {
	o.t.Helper()
	o.lists++
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		args := pgx.NamedArgs{"list": o.lists, "programme": programme, "month": o.month, "unit": unit, "taken": len(entries), "now": o.now}
		for _, sql := range []string{testList, testRefused} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return err
			}
		}
		for i, e := range entries {
			args["person"], args["row"], args["category"], args["stated"], args["channel"] = e.person, i+7, e.category, e.stated, e.channel
			statements := []string{testPerson, testListRow}
			switch e.channel {
			case "A", "B", "C":
				args["bin"] = map[string]string{"A": "999001", "B": "999002", "C": "999009"}[e.channel]
				statements = append(statements, testBankChannel)
			case "":
			default:
				statements = append(statements, testProviderChannel)
			}
			for _, sql := range statements {
				if _, err := tx.Exec(ctx, sql, args); err != nil {
					return fmt.Errorf("row %d: %w", i, err)
				}
			}
		}
		return nil
	})
	return o.lists
}

// declare opens a batch of a programme for the month, or January 2026.
func (o *office) declare(programme string, count int64, total money.Amount) ledger.BatchID {
	o.t.Helper()
	period := o.month
	if period.IsZero() {
		period = calendar.Must(2026, 1, 1)
	}
	var id ledger.BatchID
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		var err error
		id, err = payout.Declare(ctx, tx, payout.Declaration{Programme: programme, Period: period, NameVI: "Đợt thử",
			Count: count, Total: total, DecisionNo: "01/QĐ-UBND", DecisionDate: calendar.Must(2026, 1, 10), MadeBy: o.maker}, o.now)
		return err
	})
	return id
}

func (o *office) plan(batch ledger.BatchID, lists ...int64) payout.PlanResult {
	o.t.Helper()
	got, err := payout.Plan(o.t.Context(), o.db, batch, payout.PlanOptions{Lists: lists, Who: o.maker}, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

// approved plans a batch of count people of Ba Đình at bank A and B in turn,
// 500,000 each, and has it approved.
func (o *office) approved(count int64) ledger.BatchID {
	o.t.Helper()
	var entries []entry
	for n := int64(1); n <= count; n++ {
		entries = append(entries, entry{n, poor, []string{"A", "B"}[n%2], 0})
	}
	list := o.list("TET26", baDinh, entries...)
	batch := o.declare("TET26", count, 500_000*money.Amount(count))
	o.plan(batch, list)
	o.submit(batch)
	o.approve(batch)
	return batch
}

func (o *office) submit(batch ledger.BatchID) {
	o.t.Helper()
	if _, err := payout.Submit(o.t.Context(), o.db, batch, nil, o.maker, o.now); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) approve(batch ledger.BatchID) []payout.Approval {
	o.t.Helper()
	got, err := payout.ApproveAll(o.t.Context(), o.db, batch, payout.SealWith(o.approver), o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

func (o *office) sheet(batch ledger.BatchID, section int16) payout.ApprovalSheet {
	o.t.Helper()
	got, err := payout.ReadApprovalSheet(o.t.Context(), o.db, batch, section)
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

// rows runs a query of the test and returns its rows as text.
func (o *office) rows(sql string, args ...any) []string {
	o.t.Helper()
	found, _ := o.db.Query(o.t.Context(), sql, args...)
	list, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// exec changes a row as the engine may.
func (o *office) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := errs.Code(err); got != code || err == nil {
		t.Errorf("error = %v, want code %s", err, code)
	}
}
