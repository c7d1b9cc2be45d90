package registry_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// take takes a list of a month and returns its findings by code, with the rows.
func take(t *testing.T, db *pgxpool.Pool, content []byte, month int) (result registry.Result, found map[registry.Code][]int) {
	t.Helper()
	result, err := importList(t, db, content, of(month))
	if err != nil {
		t.Fatal(err)
	}
	found = map[registry.Code][]int{}
	for _, f := range result.Findings {
		found[f.Code] = append(found[f.Code], f.Row)
	}
	return result, found
}

// Whoever comes late to a month of which the next was taken, and a month without any
// list, are nobody's change: the list that shows it says so.
func TestAListSaysWhatItLeavesOpenInOtherMonths(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	for _, tt := range []struct {
		name    string
		content []byte
		month   int
		want    map[registry.Code][]int
	}{
		{"January", workbook(t, mrsMau(), mrThu()), 1, map[registry.Code][]int{}},
		{"March, and no February", marked(t, mark(third(), "Tăng")), 3, map[registry.Code][]int{registry.MonthSkipped: {0}}},
		{"January late, with one whom March has", workbook(t, mrsMau(), other(1, "")), 1, map[registry.Code][]int{registry.PersonLater: {6}}},
		{"March late", workbook(t, other(1, "")), 3, map[registry.Code][]int{}},
		{"February late, two of whom March has", workbook(t, mrsMau(), other(1, ""), other(2, "")), 2, map[registry.Code][]int{registry.PersonLater: {7}}},
	} {
		if _, got := take(t, db, tt.content, tt.month); !cmp.Equal(got, tt.want) {
			t.Errorf("%s: findings %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A list that left somebody out because he was recorded as dead gets a row that waits
// once he is alive, and only one.
func TestWhoIsAliveGetsOneRowThatWaits(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	take(t, db, workbook(t, other(6, ""), mrThu()), 1)
	given(t, db, testAct, 900, "death", now)
	given(t, db, `INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, at) VALUES (900, 'done', 'mai', $1, '', $2)`, make([]byte, 64), now)
	given(t, db, `INSERT INTO registry.death (act, person, died_on) SELECT 900, person, '2026-01-15' FROM registry.act WHERE id = 900`)
	list, _ := take(t, db, marked(t, mark(third(), "Tăng")), 2)
	if list.Carried != 1 || list.Changes.Removed != 1 {
		t.Fatalf("%d carried, %d left; want one of each", list.Carried, list.Changes.Removed)
	}
	for _, want := range []int64{1, 0} { // nobody waits twice
		err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
			var person int64
			if err := tx.QueryRow(ctx, `SELECT person FROM registry.death`).Scan(&person); err != nil {
				return err
			}
			got, err := registry.WaitAlive(ctx, tx, []int64{person}, now)
			if got != want {
				t.Errorf("%d rows are opened, want %d", got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := texts(t, db, `SELECT codes || ' ' || category FROM registry.refused_row`); !cmp.Equal(got, []string{string(registry.PersonAlive) + " TET-HN-2026-03"}) {
		t.Errorf("rows that wait: %v", got)
	}
}

// Under the id of a record that was merged away an account changes nothing: it is said.
func TestAnotherWayUnderAMergedIDIsNamed(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	take(t, db, workbook(t, other(6, ""), other(1, "")), 1)
	given(t, db, testAct, 900, "merge", now)
	given(t, db, `INSERT INTO registry.merged (act, kept, gone) SELECT 900, min(id), max(id) FROM registry.person`)
	for account, want := range map[string]map[registry.Code][]int{"": {}, "0020000000777": {registry.PersonMerged: {6}}} {
		if _, got := take(t, db, workbook(t, other(6, ""), other(1, account)), 2); !cmp.Equal(got, want) {
			t.Errorf("account %q: findings %v, want %v", account, got, want)
		}
	}
}
