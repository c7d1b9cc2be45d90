package registry_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
)

func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, ".")
}

func TestRecordsAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "registry.setting", "registry.list", "registry.list_row",
		"registry.list_refusal", "registry.list_warning", "registry.channel_history",
		"registry.list_change_sum", "registry.list_change")
}

// figures leaves out of a result what a test does not compare.
var figures = cmpopts.IgnoreFields(registry.Result{}, "List", "Findings", "Skipped")

func TestImportListTakesAWholeList(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	got, err := importList(t, db, workbook(t, mrsMau(), with(mrsMau(), cCategory, "TET-HN-2026-02"), mrThu(),
		with(with(with(mrThu(), cName, "Phạm Văn Hưu"), cID, "000054900004"), cMethod, "BHXH")), nil)
	if err != nil {
		t.Fatalf("ImportList: %v", err)
	}
	want := registry.Result{RowsTotal: 4, RowsTaken: 4, PeopleNew: 3}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}

	type channel struct {
		Name, Rank, Kind, Method, Bin, Tail, Provider string
	}
	rows, _ := db.Query(t.Context(), `
SELECT p.name, c.rank::text, c.kind, c.method, c.bank_bin, c.account_tail, c.provider
  FROM registry.channel c JOIN registry.person p ON p.id = c.person ORDER BY p.id, c.rank`)
	channels, err := pgx.CollectRows(rows, pgx.RowToStructByPos[channel])
	if err != nil {
		t.Fatal(err)
	}
	wantChannels := []channel{
		{"Nguyễn Thị Mẫu", "1", "bank", "account", "999001", "0001", ""},
		{"Nguyễn Thị Mẫu", "2", "provider", "cash", "", "", "XA"},
		{"Lê Văn Thử", "1", "provider", "cash", "", "", "XA"},
		{"Phạm Văn Hưu", "1", "provider", "bhxh", "", "", "BHXH"},
	}
	if diff := cmp.Diff(wantChannels, channels); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.list_row WHERE stated_amount IN (1000000, 2000000)`); n != 4 {
		t.Errorf("list rows with their stated amount = %d, want 4", n)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.stage`); n != 0 {
		t.Errorf("rows left in the stage = %d, want 0", n)
	}
	if n := count(t, db, `SELECT count(*) FROM audit.record WHERE act = 'list.import'`); n != 1 {
		t.Errorf("audit records of the import = %d, want 1", n)
	}
}

func TestImportListTwiceIsOnce(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	content := workbook(t, mrsMau(), mrThu())
	first, err := importList(t, db, content, nil)
	if err != nil {
		t.Fatalf("first ImportList: %v", err)
	}
	second, err := importList(t, db, content, nil)
	if err != nil {
		t.Fatalf("second ImportList: %v", err)
	}
	want := first
	want.Again, want.Findings, want.Skipped = true, nil, registry.Skipped{}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("second result (-want +got):\n%s", diff)
	}
	if people, rows := count(t, db, `SELECT count(*) FROM registry.person`), count(t, db, `SELECT count(*) FROM registry.list_row`); people != 2 || rows != 2 {
		t.Errorf("people, rows = %d, %d, want 2, 2", people, rows)
	}
}

func TestImportListByTwoAtOnceIsOnce(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	content := workbook(t, mrsMau(), mrThu())
	results := make(chan registry.Result, 2)
	for range 2 {
		go func() {
			result, err := importList(t, db, content, nil)
			if err != nil {
				t.Errorf("ImportList: %v", err)
			}
			results <- result
		}()
	}
	a, b := <-results, <-results
	if a.List != b.List || a.Again == b.Again {
		t.Errorf("results %+v and %+v, want one list, one of them again", a, b)
	}
}

func TestImportListOfTwoListsThatSharePeople(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau(), mrThu()), nil); err != nil {
		t.Fatal(err)
	}
	changed := with(with(with(mrsMau(), cBank, "Mẫu B"), cAccount, "0020000000009"), cPhone, "0000000009")
	third := with(with(mrThu(), cName, "Bùi Văn Ba"), cID, "000054900005")
	got, err := importList(t, db, workbook(t, changed, mrThu(), third), func(o *registry.ImportOptions) { o.Programme = "MUNG-THO-2026" })
	if err != nil {
		t.Fatal(err)
	}
	want := registry.Result{RowsTotal: 3, RowsTaken: 3, PeopleNew: 1, PeopleKnown: 2, ChannelsChanged: 1}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("second list (-want +got):\n%s", diff)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.channel WHERE bank_bin = '999002'`); n != 1 {
		t.Errorf("channels at the new bank = %d, want 1", n)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.channel_history WHERE bank_bin = '999001' AND ended_by = $1`, got.List); n != 1 {
		t.Errorf("ended channels at the old bank = %d, want 1", n)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.channel`); n != 4 {
		t.Errorf("channels = %d, want 4: one changed, none lost", n)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.channel WHERE changed AND rank = 1 AND bank_bin = '999002'`); n != 1 || count(t, db, `SELECT count(*) FROM registry.channel WHERE changed`) != 1 {
		t.Errorf("ways marked as changed: %d at the new bank; want that one alone", n)
	}
	notices := texts(t, db, `SELECT format('%s …%s → %s …%s', old_bin, old_tail, new_bin, new_tail) FROM registry.account_notice`)
	if diff := cmp.Diff([]string{"999001 …0001 → 999002 …0009"}, notices); diff != "" {
		t.Errorf("whom to tell (-want +got):\n%s", diff)
	}
}

// A bank that a repair offered is one nobody wrote: one person took it.
func TestARepairedBankCountsAsAChangedAccount(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	slip := with(mrsMau(), cBank, "Ngân hàng Mau A A")
	if _, err := importList(t, db, workbook(t, slip, mrThu()), func(o *registry.ImportOptions) { o.AcceptRepairs = true }); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.list_warning WHERE code = 'LIST-BANK-NEAR'`); n != 1 {
		t.Fatalf("%d rows took an offered bank, want 1", n)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.channel AS c JOIN registry.changed_account('2026-01-20') AS f ON f.person = c.person WHERE c.changed`); n != 1 {
		t.Errorf("%d changed accounts, want the one at the offered bank", n)
	}
}

// tables are all that an import can write.
var tables = []string{"person", "channel", "channel_history", "list", "list_row", "list_refusal", "list_warning", "stage"}

func wantNothing(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	for _, table := range tables {
		if n := count(t, db, `SELECT count(*) FROM registry.`+table); n != 0 {
			t.Errorf("rows in registry.%s = %d, want 0", table, n)
		}
	}
}

func TestImportListTakesNothingOfABadList(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	bad := with(with(with(mrThu(), cName, "Bùi Văn Ba"), cID, "000054900005"), cAmount, -1)
	_, err := importList(t, db, workbook(t, mrsMau(), bad, mrThu()), nil)

	var refused *registry.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("ImportList error = %v, want *RefusedError", err)
	}
	if diff := cmp.Diff([]string{"O6 LIST-AMOUNT-NEGATIVE error"}, addresses(refused.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if kind, text := errs.Read(err); kind != errs.Invalid || !strings.Contains(text, "O6") {
		t.Errorf("errs.Read = %v %q, want invalid and the cell", kind, text)
	}
	wantNothing(t, db)
}

func TestImportListAcceptsTheValidRows(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	bad := with(with(with(mrsMau(), cName, "Bùi Thị Ba"), cID, "000136900009"), cAccount, "123")
	got, err := importList(t, db, workbook(t, bad, mrThu(), with(with(mrThu(), cName, "Đỗ Văn Tư"), cID, "")), acceptValid)
	if err != nil {
		t.Fatal(err)
	}
	want := registry.Result{RowsTotal: 3, RowsTaken: 2, RowsRefused: 1, PeopleNew: 2, Waiting: 1}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	type kept struct{ Column, Code, Value string }
	rows, _ := db.Query(t.Context(), `
SELECT column_ref || row_no, code, value FROM registry.list_refusal
UNION ALL SELECT column_ref || row_no, code, value FROM registry.list_warning ORDER BY 1 DESC`)
	findings, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		t.Fatal(err)
	}
	wantKept := []kept{
		{"M5", "LIST-HOLDER-DIFFERS", "NGUYEN THI MAU"},
		{"L5", "LIST-ACCOUNT-SHAPE", "•••"},
		{"E7", "LIST-ID-MISSING", ""},
	}
	if diff := cmp.Diff(wantKept, findings); diff != "" {
		t.Errorf("findings kept (-want +got):\n%s", diff)
	}
}

func TestImportListOfUnclearPeople(t *testing.T) {
	t.Parallel()
	noID := func() []any { return with(mrThu(), cID, "") }
	tests := map[string]struct {
		before, after []any
		want          []string
	}{
		"the same id under another name":                     {mrThu(), with(mrThu(), cName, "Lê Văn Khác"), []string{"E5 LIST-ID-KNOWN error"}},
		"the same id under the same name in other spelling":  {mrThu(), with(mrThu(), cName, "LÊ  văn THỬ"), nil},
		"no id now, and a namesake with one":                 {mrThu(), noID(), []string{"E5 LIST-ID-MISSING warning", "E5 LIST-LOCAL-KNOWN error"}},
		"an id now, and a namesake without one":              {noID(), mrThu(), []string{"E5 LIST-LOCAL-KNOWN error"}},
		"no id both times, the same person":                  {noID(), with(noID(), cNote, "lần hai"), nil},
		"no id both times, births that may be the same":      {noID(), with(noID(), cBirth, "02/03/1954"), []string{"E5 LIST-ID-MISSING warning", "E5 LIST-LOCAL-KNOWN error"}},
		"no id both times, births that cannot be the same":   {noID(), with(noID(), cBirth, 1960), nil},
		"an id now, and a namesake without one born earlier": {with(noID(), cBirth, 1940), mrThu(), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := prepared(t, true)
			if _, err := importList(t, db, workbook(t, tt.before), nil); err != nil {
				t.Fatalf("first list: %v", err)
			}
			people := count(t, db, `SELECT count(*) FROM registry.person`)
			_, err := importList(t, db, workbook(t, tt.after), func(o *registry.ImportOptions) { o.Programme = "OTHER" })
			var refused *registry.RefusedError
			if errors.As(err, &refused) {
				if diff := cmp.Diff(tt.want, addresses(refused.Findings)); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
				if n := count(t, db, `SELECT count(*) FROM registry.person`); n != people {
					t.Errorf("people after the refusal = %d, want %d", n, people)
				}
				return
			}
			if err != nil || tt.want != nil {
				t.Errorf("second list error = %v, want findings %v", err, tt.want)
			}
		})
	}
}

func TestDemoAndRealNeverMeet(t *testing.T) {
	t.Parallel()
	real := with(mrThu(), cID, "001054900003")
	tests := map[string]struct {
		demo bool
		row  []any
		want registry.Code
	}{
		"an invented person stays out of a real database": {false, mrThu(), registry.IDDemoInReal},
		"a real person stays out of a demo":               {true, real, registry.IDRealInDemo},
		"an invented bank stays out of a real database":   {false, with(mrsMau(), cID, "001136900001"), registry.BankDemo},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := prepared(t, tt.demo)
			_, err := importList(t, db, workbook(t, tt.row), acceptValid)
			if got := errs.Code(err); got != string(tt.want) {
				t.Errorf("ImportList code = %q (%v), want %s", got, err, tt.want)
			}
			wantNothing(t, db)
			err = pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
				return registry.Prepare(ctx, tx, !tt.demo, now)
			})
			if !errors.Is(err, registry.ErrMark) {
				t.Errorf("marking otherwise: error = %v, want ErrMark", err)
			}
		})
	}
	t.Run("a database without a mark takes no list", func(t *testing.T) {
		t.Parallel()
		db := pgtest.DB(t)
		if _, err := registry.IsDemo(t.Context(), db); !errors.Is(err, registry.ErrUnmarked) {
			t.Errorf("IsDemo error = %v, want ErrUnmarked", err)
		}
	})
}

func TestImportListOfTheSample(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	content, err := os.ReadFile("testdata/sample-list.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	got, err := importList(t, db, content, func(o *registry.ImportOptions) { o.Now = now.AddDate(0, 10, 0) })
	if err != nil {
		t.Fatal(err)
	}
	want := registry.Result{RowsTotal: 40, RowsTaken: 40, PeopleNew: 40}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	_, original, err := registry.Original(t.Context(), db, testKeys(t), got.List)
	if err != nil || !bytes.Equal(original, content) {
		t.Errorf("Original: %v; equal = %v", err, bytes.Equal(original, content))
	}
}

// Whoever steals the tables reads no id, account or phone.
func TestNothingIdentifyingIsStoredInTheClear(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	payee := with(with(with(mrsMau(), cPayee, "Trần Văn Con - 000170990002"), cHolder, "TRAN VAN CON"), cNote, "Ủy quyền")
	bad := with(with(mrThu(), cID, "000054900077"), cSex, "Nữ")
	if _, err := importList(t, db, workbook(t, payee, mrThu(), bad), acceptValid); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"000136900001", "000054900003", "000054900077", "0010000000001", "0000000001", "000170990002"}
	for _, table := range tables {
		for _, secret := range secrets {
			// Text shows bytea as hex, so both spellings are looked for.
			n := count(t, db, `SELECT count(*) FROM registry.`+table+` AS r
WHERE strpos(r::text, $1) > 0 OR strpos(r::text, encode($1::bytea, 'hex')) > 0`, secret)
			if n != 0 {
				t.Errorf("registry.%s holds …%s in the clear", table, secret[len(secret)-4:])
			}
		}
	}

	var index, closed []byte
	err := db.QueryRow(t.Context(), `SELECT account_index, account_enc FROM registry.channel WHERE kind = 'bank'`).Scan(&index, &closed)
	if err != nil {
		t.Fatal(err)
	}
	account, err := registry.OpenAccount(testKeys(t), index, closed)
	if err != nil || account.Reveal() != "0010000000001" {
		t.Errorf("OpenAccount = %v, %v", account, err)
	}
}

func TestBookOf(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	unit := registry.Communes()[3].Key()
	book := registry.Book{Code: "0000001", NameVI: "Phòng Mẫu", ValidFrom: calendar.Must(2025, 7, 1)}
	rule := registry.BookRule{Programme: "TET", Unit: unit, Book: book.Code, ValidFrom: calendar.Must(2026, 1, 1)}
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		return errors.Join(registry.AddBook(ctx, tx, book), registry.AddBookRules(ctx, tx, []registry.BookRule{rule}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := registry.BookOf(t.Context(), db, "TET", unit, calendar.Must(2026, 2, 1)); got != "0000001" || err != nil {
		t.Errorf("BookOf = %q, %v", got, err)
	}
	if _, err := registry.BookOf(t.Context(), db, "TET", unit, calendar.Must(2025, 12, 31)); !errors.Is(err, registry.ErrNoBook) {
		t.Errorf("BookOf before the rule began: error = %v, want ErrNoBook", err)
	}
	if got, err := registry.UnitAt(t.Context(), db, "00004", calendar.Must(2026, 1, 1)); got.Code != "00004" || err != nil {
		t.Errorf("UnitAt = %v, %v", got, err)
	}
	if _, err := registry.UnitAt(t.Context(), db, "00004", calendar.Must(2025, 6, 30)); !errors.Is(err, registry.ErrNoUnit) {
		t.Errorf("UnitAt before the unit began: error = %v, want ErrNoUnit", err)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.unit WHERE parent_code = '01'`); n != 126 {
		t.Errorf("communes = %d, want 126", n)
	}
}
