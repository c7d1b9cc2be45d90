package registry_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// other is row n of another clean person, paid in cash or to an account.
func other(n int, account string) []any {
	row := []any{n, fmt.Sprintf("Phạm Văn %s", []string{"Một", "Hai", "Ba", "Bốn", "Năm", "Sáu"}[n%6]), "01/02/1960", "Nam", fmt.Sprintf("000060%06d", n),
		"", "Thôn 3", "TET-HN-2026-03", "", "Tiền mặt", "", "", "", "", 500000, ""}
	if account != "" {
		row[cMethod], row[cBank], row[cAccount] = "Tài khoản", "Ngân hàng Mẫu B", account
	}
	return row
}

// caredFor is somebody whose money goes to the account of the first other, in a
// stated capacity.
func caredFor(n int, payeeID string) []any {
	row := other(n, "0020000000777")
	row[cHolder], row[cPayee], row[cNote] = "PHAM VAN MOT", "Phạm Văn Một"+payeeID, "Người chăm sóc"
	return row
}

func TestReadListFindsSharedAccounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows [][]any
		want []string
	}{
		"two on one account, without papers, are named": {[][]any{other(6, "0020000000777"), caredFor(7, "")},
			[]string{"L6 LIST-ACCOUNT-SHARED warning"}},
		"a carer with papers may receive for five": {[][]any{other(6, "0020000000777"), caredFor(7, " - 000060000006"), caredFor(8, " - 000060000006"),
			caredFor(9, " - 000060000006"), caredFor(10, " - 000060000006"), caredFor(11, " - 000060000006")}, nil},
		"four without papers are stopped, but never the holder": {[][]any{other(6, "0020000000777"), caredFor(7, ""), caredFor(8, ""), caredFor(9, "")},
			[]string{"L6 LIST-ACCOUNT-MANY error", "L7 LIST-ACCOUNT-MANY error", "L8 LIST-ACCOUNT-MANY error"}},
		"the same number at two banks is two accounts": {[][]any{other(6, "0020000000777"), with(other(7, "0020000000777"), cBank, "Ngân hàng Mẫu C")}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := addresses(read(t, workbook(t, tt.rows...), true).Findings)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// given runs SQL that records what a list later meets.
func given(t testing.TB, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

const testAct = `
INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
SELECT $1, $2, id, '00004', '2026-01-01', '{}', 'GT-1', 'thử', true, 'lan', $3 FROM registry.person WHERE name_fold = 'pham van mot'`

func TestImportListMeetsWhatIsRegistered(t *testing.T) {
	t.Parallel()
	elsewhere := func(o *registry.ImportOptions) { o.Unit = registry.Communes()[1].Key() }
	tests := map[string]struct {
		before func(t *testing.T, db *pgxpool.Pool)
		rows   [][]any
		change func(*registry.ImportOptions)
		want   []string
	}{
		"nothing where nobody is known": {func(*testing.T, *pgxpool.Pool) {}, [][]any{other(6, "")}, nil, nil},
		"a person of another commune": {taken(other(6, "")), [][]any{with(other(6, ""), cCategory, "TET-HN-2026-02")}, elsewhere,
			[]string{"E5 LIST-PERSON-COMMUNE warning"}},
		"a person on another commune's list": {taken(other(6, "")), [][]any{other(6, "")}, elsewhere, []string{"E5 LIST-PERSON-LIST warning"}},
		"nothing on the commune's next list": {taken(other(6, "")), [][]any{other(6, ""), other(7, "")}, nil, nil},
		"the account of somebody on another list": {taken(other(6, "0020000000777")), [][]any{caredFor(7, "")}, nil,
			[]string{"L5 LIST-ACCOUNT-SHARED warning"}},
		"nothing on an account of a carer with papers": {taken(other(6, "0020000000777")), [][]any{caredFor(7, " - 000060000006")}, nil, nil},
		"the fourth on one account, over two lists": {taken(other(6, "0020000000777"), caredFor(7, ""), caredFor(8, "")), [][]any{caredFor(9, "")}, nil,
			[]string{"L5 LIST-ACCOUNT-MANY error"}},
		"nothing more when those people come again": {taken(other(6, "0020000000777"), caredFor(7, "")), [][]any{other(6, "0020000000777"), caredFor(7, ""),
			other(10, "")}, nil, []string{"L6 LIST-ACCOUNT-SHARED warning"}},
		"an account of somebody who keeps lists": {func(t *testing.T, db *pgxpool.Pool) {
			err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
				return registry.AddStaffAccount(ctx, tx, testKeys(t), registry.StaffAccount{BIN: "999002", Account: "0020000000777", Owner: "Vũ Thị Lập"}, "tester", now)
			})
			if err != nil {
				t.Fatal(err)
			}
		}, [][]any{other(6, "0020000000777"), other(7, "0020000000888")}, nil, []string{"L5 LIST-ACCOUNT-STAFF error"}},
		"somebody who died": {func(t *testing.T, db *pgxpool.Pool) {
			taken(other(6, ""), other(13, ""))(t, db)
			given(t, db, testAct, 900, "death", now)
			given(t, db, `INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, at) VALUES (900, 'done', 'mai', $1, '', $2)`, make([]byte, 64), now)
			given(t, db, `INSERT INTO registry.death (act, person, died_on) SELECT 900, person, '2026-01-05' FROM registry.act WHERE id = 900`)
		}, [][]any{other(6, ""), other(7, "")}, nil, []string{"B5 LIST-PERSON-DEAD error"}},
		"somebody reported to have died": {func(t *testing.T, db *pgxpool.Pool) {
			taken(other(6, ""), other(13, ""))(t, db)
			given(t, db, testAct, 900, "death", now)
		}, [][]any{other(6, "")}, nil, []string{"B5 LIST-PERSON-REPORTED warning"}},
		"somebody whose money rests": {standing("suspended"), [][]any{other(6, "")}, nil, []string{"B5 LIST-PERSON-SUSPENDED warning"}},
		"somebody whose right ended": {standing("ended"), [][]any{other(6, "")}, nil, []string{"B5 LIST-PERSON-ENDED warning"}},
		"Lí for Lý under one id":     {taken(with(other(6, ""), cName, "Lý Văn Quý")), [][]any{with(other(6, ""), cName, "Lí Văn Quí")}, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := prepared(t, true)
			tt.before(t, db)
			content := workbook(t, tt.rows...)
			examined := examine(t, db, content, tt.change)
			if diff := cmp.Diff(tt.want, addresses(examined.Findings)); diff != "" {
				t.Errorf("examined (-want +got):\n%s", diff)
			}
			people := count(t, db, `SELECT count(*) FROM registry.person`)
			if staged := count(t, db, `SELECT count(*) FROM registry.stage`); staged != 0 {
				t.Errorf("examining left %d rows in the stage", staged)
			}
			accept := func(o *registry.ImportOptions) {
				o.AcceptValid = true
				if tt.change != nil {
					tt.change(o)
				}
			}
			result, err := importList(t, db, content, accept)
			if refusesAll := examined.Taken() == 0; (err != nil) != refusesAll {
				t.Fatalf("import: %v, though %d rows are sound", err, examined.Taken())
			} else if refusesAll {
				if n := count(t, db, `SELECT count(*) FROM registry.person`); n != people {
					t.Errorf("people = %d after a refused list, want %d", n, people)
				}
				return
			}
			if diff := cmp.Diff(tt.want, addresses(result.Findings)); diff != "" {
				t.Errorf("imported (-want +got):\n%s", diff)
			}
			if result.RowsTaken != examined.Taken() || result.RowsRefused != len(tt.rows)-result.RowsTaken {
				t.Errorf("import took %d rows and refused %d, the examination found %d sound", result.RowsTaken, result.RowsRefused, examined.Taken())
			}
		})
	}
}

// taken is a list of the first commune that was taken before.
func taken(rows ...[]any) func(*testing.T, *pgxpool.Pool) {
	return func(t *testing.T, db *pgxpool.Pool) {
		t.Helper()
		if _, err := importList(t, db, workbook(t, rows...), nil); err != nil {
			t.Fatalf("the list before: %v", err)
		}
	}
}

func standing(state string) func(*testing.T, *pgxpool.Pool) {
	return func(t *testing.T, db *pgxpool.Pool) {
		t.Helper()
		taken(other(6, ""), other(13, ""))(t, db)
		given(t, db, testAct, 900, "standing", now)
		given(t, db, `INSERT INTO registry.standing (person, category, state, valid_from, act) SELECT person, '', $1, '2026-01-01', 900 FROM registry.act WHERE id = 900`, state)
	}
}

func examine(t testing.TB, db *pgxpool.Pool, content []byte, change func(*registry.ImportOptions)) registry.List {
	t.Helper()
	options := registry.ImportOptions{Programme: "TET-HN-2026", Unit: registry.Communes()[0].Key(), By: "tester", Now: now, Random: rand.Reader}
	if change != nil {
		change(&options)
	}
	list, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), registry.ReadOptions{Demo: true, Now: now, Unit: options.Unit.Code})
	if err != nil {
		t.Fatal(err)
	}
	examined, _, err := registry.Examine(t.Context(), db, testKeys(t), "danh-sach.xlsx", list, options)
	if err != nil {
		t.Fatalf("Examine: %v", err)
	}
	return examined
}

// Registered papers answer what the list alone cannot: a household of five paid
// to its head passes, a sixth stranger does not.
func TestRegisteredPapersExplainAnAccount(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	head := other(6, "0020000000777")
	rows := [][]any{head}
	for n := 7; n <= 10; n++ {
		rows = append(rows, other(n, ""))
	}
	taken(rows...)(t, db)
	given(t, db, `
INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
SELECT 900 + id, 'payee', id, '00004', '2026-01-01', '{}', 'GT-1', 'hộ gia đình', true, 'lan', $1 FROM registry.person WHERE name_fold <> 'pham van mot'`, now)
	given(t, db, `
INSERT INTO registry.payee (act, person, kind, name, way, method, bank_bin, account_enc, account_index, account_tail, holder, provider, paper_no, paper_date, valid_from)
SELECT 900 + p.id, p.id, 'head', 'Phạm Văn Một', 'bank', 'account', c.bank_bin, c.account_enc, c.account_index, c.account_tail, 'PHAM VAN MOT', '', 'GT-1', '2026-01-01', '2026-01-01'
  FROM registry.person p, registry.channel c
 WHERE p.name_fold <> 'pham van mot' AND c.kind = 'bank'`)
	next := [][]any{head}
	for n := 7; n <= 11; n++ {
		next = append(next, caredFor(n, ""))
	}
	got := examine(t, db, workbook(t, next...), nil)
	if diff := cmp.Diff([]string{"L10 LIST-ACCOUNT-MANY error"}, addresses(got.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if got.Taken() != 5 {
		t.Errorf("%d of the household are taken, want 5", got.Taken())
	}
}

func TestImportListSaysWhoIsMissing(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	taken(other(6, ""), other(7, ""), with(other(8, ""), cCategory, "BTXH-08"))(t, db)
	result, err := importList(t, db, workbook(t, other(6, ""), other(9, "")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range result.Missing {
		got = append(got, fmt.Sprintf("%s %d %q list %d row %d", m.Name, m.BirthYear, m.Category, m.List, m.Row))
	}
	want := []string{`Phạm Văn Hai 1960 "TET-HN-2026-03" list 1 row 6`, `Phạm Văn Ba 1960 "" list 1 row 7`} // level 3 is masked
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	again, err := importList(t, db, workbook(t, other(6, "")), func(o *registry.ImportOptions) { o.Programme, o.LastProgramme = "TET-HN-2027", "TET-HN-2026" })
	if err != nil || len(again.Missing) != 1 || again.Missing[0].Name != "Phạm Văn Bốn" {
		t.Errorf("missing since another programme = %+v, %v; want row 9's person", again.Missing, err)
	}
}

// Two files of one command that hold the same person in one category.
func TestFilesOfOneCommandAreComparedToo(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	var files registry.Files
	with := func(o *registry.ImportOptions) { o.Files = &files }
	if _, err := importList(t, db, workbook(t, other(6, ""), other(7, "")), with); err != nil {
		t.Fatal(err)
	}
	result, err := importList(t, db, workbook(t, other(8, ""), other(7, "")), func(o *registry.ImportOptions) {
		o.Files, o.AcceptValid, o.Unit = &files, true, registry.Communes()[1].Key()
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"E6 LIST-PERSON-FILE error"}, addresses(result.Findings)); diff != "" || result.RowsTaken != 1 {
		t.Errorf("%d rows taken; findings (-want +got):\n%s", result.RowsTaken, diff)
	}
}

// A row that another batch holds leaves; the person's other row stays and is
// staged as the person's first.
func TestARowThatABatchHoldsLeavesThePersonsOthers(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	taken(other(6, ""))(t, db) // paid in cash then
	twice := [][]any{other(6, "0020000000777"), with(other(6, "0020000000777"), cCategory, "TET-HN-2026-02")}
	result, err := importList(t, db, workbook(t, twice...), func(o *registry.ImportOptions) {
		o.AcceptValid = true
		o.Claims = func(context.Context, pgx.Tx, string, calendar.Date, int64) ([]registry.Claimed, error) {
			return []registry.Claimed{{Row: 5, Batch: 41, List: 7, ListRow: 12}}, nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"E5 LIST-PERSON-BATCH error"}, addresses(result.Findings)); diff != "" || !result.Findings[0].Code.Repeats() {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if people, channels := count(t, db, `SELECT count(*) FROM registry.person`), count(t, db, `SELECT count(*) FROM registry.channel`); result.RowsTaken != 1 || people != 1 || channels != 2 {
		t.Errorf("%d rows taken, %d people, %d channels; want 1, 1, 2", result.RowsTaken, people, channels)
	}
}
