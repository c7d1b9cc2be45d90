package registry_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/registry"
)

func texts(t *testing.T, db *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, _ := db.Query(t.Context(), sql, args...)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const decisions = `SELECT format('%s/%s %s as %s/%s', list, row_no, kind, new_list, new_row) FROM registry.row_decision ORDER BY list, row_no, n`

// row is a third person without a fault.
func third() []any { return with(with(mrThu(), cName, "Bùi Văn Ba"), cID, "000054900005") }

func TestRefusedRowsAreKeptAsHandedIn(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	got, err := importList(t, db, workbook(t, mrsMau(), with(mrThu(), cID, "00005490000"), with(third(), cName, "000054900007")), acceptValid)
	if err != nil {
		t.Fatal(err)
	}
	kept := texts(t, db, `SELECT format('%s %s %s %s', row_no, name, owner, due) FROM registry.refused_row ORDER BY row_no`)
	if len(kept) != got.RowsRefused || got.RowsRefused != 2 {
		t.Fatalf("%d rows were refused and %v kept, want 2", got.RowsRefused, kept)
	}
	due := now.AddDate(0, 0, registry.RefusalDays).Format("2006-01-02")
	if want := []string{"6 Lê Văn Thử tester " + due, "7 …0007 tester " + due}; !cmp.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	cells, err := registry.RefusedCells(t.Context(), db, testKeys(t), got.List, 6)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, c := range cells {
		values[c.Heading] = c.Value
	}
	if values["Họ và tên"] != "Lê Văn Thử" || !strings.Contains(strings.Join(texts(t, db, `SELECT codes FROM registry.refused_row WHERE row_no = 6`), ""), "LIST-ID") {
		t.Errorf("cells of row 6 = %v", values)
	}
	found := false
	for _, v := range values {
		found = found || v == "00005490000"
	}
	if !found {
		t.Errorf("cells of row 6 = %v lack the id as it was handed in", values)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.refused_row WHERE position('5490000'::bytea IN values_enc) > 0`); n > 0 {
		t.Errorf("%d rows keep an id in the clear", n)
	}
}

// The corrected workbook closes what it corrects and nothing else.
func TestACorrectedListSettlesItsRefusedRows(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	first, err := importList(t, db, workbook(t, mrsMau(), with(mrThu(), cID, "00005490000"), with(third(), cCategory, "không rõ")), acceptValid)
	if err != nil || first.RowsRefused != 2 {
		t.Fatalf("the first list refused %d rows: %v", first.RowsRefused, err)
	}
	second, err := importList(t, db, workbook(t, mrsMau(), mrThu(), with(third(), cCategory, "không rõ")), acceptValid)
	if err != nil || second.Settled != 1 {
		t.Fatalf("the second list settled %d rows: %v", second.Settled, err)
	}
	if got := texts(t, db, decisions); !cmp.Equal(got, []string{"1/6 corrected as 2/6"}) {
		t.Errorf("decisions %v", got)
	}
	// The third settles row 7 of both lists.
	last, err := importList(t, db, workbook(t, mrsMau(), mrThu(), third()), acceptValid)
	if err != nil || last.Settled != 2 {
		t.Fatalf("the third list settled %d rows: %v", last.Settled, err)
	}
}

// A namesake proves nothing: whoever was refused waits until somebody decides.
func TestANamesakeDoesNotSettleARefusedRow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ first, second [][]any }{
		"a namesake taken before": {
			[][]any{mrThu(), with(mrThu(), cID, "00005490")},
			[][]any{mrThu(), mrsMau()},
		},
		"a namesake of another year in another row": {
			[][]any{mrsMau(), with(mrThu(), cID, "00005490")},
			[][]any{with(with(mrThu(), cBirth, 1955), cID, "000055900003"), mrsMau()},
		},
		"a namesake of another year in the same row": {
			[][]any{mrsMau(), with(mrThu(), cID, "00005490")},
			[][]any{mrsMau(), with(with(mrThu(), cBirth, 1955), cID, "000055900003")},
		},
		"another person in the same row": {
			[][]any{mrsMau(), with(mrThu(), cID, "00005490")},
			[][]any{mrsMau(), third()},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := prepared(t, true)
			first, err := importList(t, db, workbook(t, tt.first...), acceptValid)
			if err != nil || first.RowsRefused != 1 {
				t.Fatalf("the first list refused %d rows: %v", first.RowsRefused, err)
			}
			second, err := importList(t, db, workbook(t, tt.second...), acceptValid)
			if err != nil {
				t.Fatal(err)
			}
			if second.Settled != 0 {
				t.Errorf("settled %d rows: %v", second.Settled, texts(t, db, decisions))
			}
		})
	}
}

const testNewID = `
WITH act AS (
    INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
    SELECT 99, 'id', p.id, p.unit_code, '2026-01-20', '{}', '1/CC', 'đổi số', true, 'tester', p.created_at FROM registry.person AS p WHERE p.name = 'Lê Văn Thử' RETURNING id, person
), fact AS (
    INSERT INTO registry.person_fact (person, field, value, id_index, valid_from, known_at, act)
    SELECT p.id, 'id', '…0003', p.id_index, '2026-01-20', p.created_at, act.id FROM act JOIN registry.person AS p ON p.id = act.person RETURNING person
)
UPDATE registry.person AS p SET id_index = '\x00112233445566778899aabbccddeeff' FROM fact WHERE p.id = fact.person`

// A list that still names the former id begins no second record, which would be paid
// beside the first; somebody of another name who has that id is taken.
func TestAFormerIDBeginsNoSecondRecord(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau(), mrThu()), acceptValid); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), testNewID); err != nil {
		t.Fatal(err)
	}
	got, err := importList(t, db, workbook(t, mrsMau(), mrThu(), third()), acceptValid)
	if err != nil || got.RowsRefused != 1 || got.PeopleNew != 1 {
		t.Fatalf("refused %d rows, %d new people, %v; want 1, 1", got.RowsRefused, got.PeopleNew, err)
	}
	if codes := texts(t, db, `SELECT codes FROM registry.refused_row`); !cmp.Equal(codes, []string{"LIST-ID-FORMER"}) {
		t.Errorf("refused for %v", codes)
	}
	other, err := importList(t, db, workbook(t, with(mrThu(), cName, "Trần Văn Khác")), acceptValid)
	if err != nil || other.RowsRefused != 0 {
		t.Errorf("somebody else with the id: refused %d, %v", other.RowsRefused, err)
	}
}

// While a list is taken no record changes under it: acts wait.
func TestActsWaitWhileAListIsTaken(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau()), nil); err != nil { // nobody asks for claims of people who are all new
		t.Fatal(err)
	}
	asked := false
	_, err := importList(t, db, workbook(t, mrsMau(), mrThu()), func(o *registry.ImportOptions) {
		o.Claims = func(ctx context.Context, _ pgx.Tx, _ string, _ calendar.Date, _ int64) ([]registry.Claimed, error) {
			asked = true
			var free bool
			err := db.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended('registry.act', 0))`).Scan(&free)
			if free {
				t.Error("an act can be decided while the list is taken")
			}
			return nil, err
		}
	})
	if err != nil || !asked {
		t.Errorf("import: %v, asked for claims: %t", err, asked)
	}
}

// A corrected workbook is handed in whole after its first rows were planned: those
// are paid already, and none of them waits for anybody.
func TestARowThatABatchHoldsAlreadyDoesNotWait(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau(), with(mrThu(), cID, "00005490000")), acceptValid); err != nil {
		t.Fatal(err)
	}
	got, err := importList(t, db, workbook(t, mrsMau(), mrThu()), func(o *registry.ImportOptions) {
		o.AcceptValid = true
		o.Claims = func(context.Context, pgx.Tx, string, calendar.Date, int64) ([]registry.Claimed, error) {
			return []registry.Claimed{{Row: 5, Batch: 13001, List: 1, ListRow: 5}}, nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.RowsRefused != 1 || got.Waiting != 0 || got.Settled != 1 {
		t.Errorf("%d rows refused, %d wait, %d settled; want 1, 0, 1", got.RowsRefused, got.Waiting, got.Settled)
	}
}
