package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// Whoever died in the month of a change list is carried into it, for that month is
// due; from the next one on the record ends the right, and the list says so.
func TestThePersonWhoDiedIsCarriedIntoTheMonthOfTheDeathOnly(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, other(6, ""), mrThu()), of(1)); err != nil {
		t.Fatal(err)
	}
	given(t, db, testAct, 900, "death", now)
	given(t, db, `INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, at) VALUES (900, 'done', 'mai', $1, '', $2)`, make([]byte, 64), now)
	given(t, db, `INSERT INTO registry.death (act, person, died_on) SELECT 900, person, '2026-02-15' FROM registry.act WHERE id = 900`)
	for i, want := range []registry.Changes{{Before: 2, Added: 1, After: 3}, {Before: 3, Added: 1, Removed: 1, After: 3}} {
		got, err := importList(t, db, marked(t, mark(other(i+1, ""), "Tăng")), of(i+2))
		if err != nil {
			t.Fatal(err)
		}
		want.Form, want.Base = "changes", got.Changes.Base
		if diff := cmp.Diff(&want, got.Changes); diff != "" || got.Carried != 2 {
			t.Errorf("month %d: %d carried, want 2; changes (-want +got):\n%s", i+2, got.Carried, diff)
		}
	}
	if n := count(t, db, `SELECT count(*) FROM registry.list_change WHERE kind = 'removed' AND cause = 'death' AND row_no = 0`); n != 1 {
		t.Errorf("%d rights ended by the death, want 1", n)
	}
}

// Two records of one person are one row of the next template, and one right of the
// month it begins.
func TestMergedPeopleStandOnceInTheNextTemplate(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau(), other(6, ""), other(12, "")), of(1)); err != nil {
		t.Fatal(err)
	}
	given(t, db, `INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
		SELECT 900, 'merge', min(id), '00004', '2026-01-01', '{}', 'GT-1', 'thử', true, 'lan', $1 FROM registry.person WHERE name_fold = 'pham van mot'`, now)
	given(t, db, `INSERT INTO registry.merged (act, kept, gone) SELECT 900, min(id), max(id) FROM registry.person WHERE name_fold = 'pham van mot'`)
	lines, err := registry.LastRows(t.Context(), db, testKeys(t), monthly, registry.Communes()[0].Key())
	if err != nil {
		t.Fatal(err)
	}
	var people []string
	for _, l := range lines {
		people = append(people, l.Name+" "+l.ID.Reveal())
	}
	if diff := cmp.Diff([]string{"Nguyễn Thị Mẫu 000136900001", "Phạm Văn Một 000060000006"}, people); diff != "" {
		t.Errorf("the next template has (-want +got):\n%s", diff)
	}
	got, err := importList(t, db, marked(t, mark(mrsMau(), ""), mark(other(6, ""), "")), of(2))
	if err != nil || got.Carried != 2 || got.Changes.Before != 2 || got.Changes.After != 2 {
		t.Errorf("%d carried, %+v (%v); want the two of the template", got.Carried, got.Changes, err)
	}
}

// An account noted as that of staff since the month before: whoever stays is named,
// at the cell if the file has a row.
func TestWhoeverStaysWithAnAccountOfStaffIsNamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rows [][]any
		cell string
	}{
		"without a row": {[][]any{mark(third(), "Tăng")}, ""},
		"with one":      {[][]any{mark(mrsMau(), ""), mark(mrThu(), "")}, "L2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := prepared(t, true)
			if _, err := importList(t, db, workbook(t, mrsMau(), mrThu()), of(1)); err != nil {
				t.Fatal(err)
			}
			err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
				return registry.AddStaffAccount(ctx, tx, testKeys(t), registry.StaffAccount{BIN: "999001", Account: "0010000000001", Owner: "cán bộ Lan"}, "mai", now)
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := importList(t, db, marked(t, tt.rows...), of(2))
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(got.Findings, func(f registry.Finding) bool { return f.Code == registry.ChangeStaff })
			if i < 0 || len(got.Findings) != 1 || got.Findings[i].Cell() != tt.cell {
				t.Fatalf("findings %v, want %s at %q only", addresses(got.Findings), registry.ChangeStaff, tt.cell)
			}
			vi, _ := got.Findings[i].Reason()
			if !strings.Contains(vi, "Nguyễn Thị Mẫu") || !strings.Contains(vi, "cán bộ Lan") || strings.Contains(vi, "0010000000001") {
				t.Errorf("it says %q", vi)
			}
		})
	}
}
