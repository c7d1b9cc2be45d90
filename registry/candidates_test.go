package registry_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// aged is row n of a person born on a day.
func aged(n int, birth string, id string) []any {
	row := other(n, "")
	row[cBirth], row[cID] = birth, id
	return row
}

// Who should be here and is not: a birthday in the period, last time's people, a
// decision; never somebody whom a list of the programme holds, nor the dead.
func TestCandidates(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	last := func(o *registry.ImportOptions) { o.Programme = "TET-HN-2025" }
	decided := with(with(aged(10, "01/02/1961", "000061000010"), cDecision, "8/QĐ-UBND ngày 10/03/2026"), cCategory, "HTXH-75")
	decided[cBirth], decided[cID] = "01/02/1941", "000041000010"
	if _, err := importList(t, db, workbook(t, aged(6, "20/11/1951", "000051000006"), aged(7, "20/11/1951", "000051000007"), aged(8, "1956", "000056000008"),
		aged(9, "20/11/1952", "000052000009"), decided, with(aged(11, "29/02/1956", "000056000011"), cCategory, "BTXH-08")), last); err != nil {
		t.Fatal(err)
	}
	if _, err := importList(t, db, workbook(t, aged(7, "20/11/1951", "000051000007")), nil); err != nil {
		t.Fatal(err)
	}
	ask := func(q registry.CandidateQuery) []string {
		q.Programme, q.From, q.To = "TET-HN-2026", calendar.Must(2026, 1, 1), calendar.Must(2026, 12, 31)
		found, err := registry.Candidates(t.Context(), db, q)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range found {
			out = append(out, fmt.Sprintf("%s %s %d: %s %s %s", c.Why, c.Name, c.BirthYear, c.What, c.On, c.Category))
		}
		return out
	}
	want := []string{
		"birthday Phạm Văn Ba 1956: 70  ", // only the year is known
		"birthday Phạm Văn Một 1951: 75 2026-11-20 ",
		"birthday Phạm Văn Sáu 1956: 70 2026-02-28 ",
	}
	if diff := cmp.Diff(want, ask(registry.CandidateQuery{Ages: []int{70, 75, 80}})); diff != "" {
		t.Errorf("birthdays (-want +got):\n%s", diff)
	}
	want = []string{"last Phạm Văn Ba 1956: TET-HN-2025  TET-HN-2026-03", "last Phạm Văn Bốn 1952: TET-HN-2025  TET-HN-2026-03",
		"last Phạm Văn Một 1951: TET-HN-2025  TET-HN-2026-03", "last Phạm Văn Năm 1941: TET-HN-2025  HTXH-75",
		"last Phạm Văn Sáu 1956: TET-HN-2025  "} // level 3 is masked
	if diff := cmp.Diff(want, ask(registry.CandidateQuery{Last: []string{"TET-HN-2025"}})); diff != "" {
		t.Errorf("last time's people (-want +got):\n%s", diff)
	}
	want = []string{"decision Phạm Văn Năm 1941: 8/QĐ-UBND 2026-03-10 HTXH-75"}
	if diff := cmp.Diff(want, ask(registry.CandidateQuery{Categories: []string{"HTXH-75"}})); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if got := ask(registry.CandidateQuery{Last: []string{"TET-HN-2025"}, Unit: "00008"}); got != nil {
		t.Errorf("candidates of another commune = %v, want none", got)
	}
	given(t, db, testAct, 900, "death", now)
	given(t, db, `INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, at) VALUES (900, 'done', 'mai', $1, '', $2)`, make([]byte, 64), now)
	given(t, db, `INSERT INTO registry.death (act, person, died_on) SELECT 900, person, '2026-01-05' FROM registry.act WHERE id = 900`)
	for _, got := range ask(registry.CandidateQuery{Ages: []int{75}}) {
		t.Errorf("after the only one of 75 died: %s", got)
	}
}

func TestStaffAccountsAreReadAsListsAre(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	a, err := registry.ReadStaffAccount("Ngân hàng Mẫu B - CN Hà Nội", "0020 0000 00777", "Vũ Thị Lập")
	if err != nil || a.BIN != "999002" || a.Account.Reveal() != "0020000000777" {
		t.Fatalf("ReadStaffAccount = %s, %v", a.BIN, err)
	}
	for range 2 { // again changes nothing
		err = pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
			return registry.AddStaffAccount(ctx, tx, testKeys(t), a, "tester", now)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db, `SELECT count(*) FROM registry.staff_account WHERE account_tail = '0777'`); n != 1 {
		t.Errorf("staff accounts = %d, want 1", n)
	}
	for _, wrong := range [][2]string{{"Công thương", "0020000000777"}, {"Ngân hàng Mẫu B", "12"}} {
		if _, err := registry.ReadStaffAccount(wrong[0], wrong[1], "x"); errs.Code(err) != "STAFF-ACCOUNT" {
			t.Errorf("ReadStaffAccount(%q, %q) error = %v", wrong[0], wrong[1], err)
		}
	}
}
