package registry_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/registry"
)

const monthly = "TRO-CAP-2026"

// of makes a list one of a programme that pays every month.
func of(month int, more ...func(*registry.ImportOptions)) func(*registry.ImportOptions) {
	return func(o *registry.ImportOptions) {
		o.Programme, o.Month = monthly, calendar.Must(2026, 1, 1).AddMonths(month-1)
		for _, change := range more {
			change(o)
		}
	}
}

func namesOf(missing []registry.Missing) (list []string) {
	for _, m := range missing {
		list = append(list, m.Name)
	}
	return list
}

// A commune that hands in the same file every month is paid every month.
func TestTheSameBytesForAnotherMonthAreAnotherList(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	content := workbook(t, mrsMau(), mrThu())
	var lists []int64
	for _, month := range []int{2, 3, 3, 2} {
		got, err := importList(t, db, content, of(month))
		if err != nil {
			t.Fatal(err)
		}
		if again := len(lists) >= 2; got.Again != again {
			t.Errorf("list %d of month %d: again = %v, want %v", got.List, month, got.Again, again)
		}
		lists = append(lists, got.List)
	}
	if lists[0] == lists[1] || lists[2] != lists[1] || lists[3] != lists[0] {
		t.Errorf("lists %v, want one for each month", lists)
	}
	if diff := cmp.Diff([]string{"2026-02 2", "2026-03 2"}, texts(t, db, `SELECT to_char(l.month, 'YYYY-MM') || ' ' || count(*) FROM registry.list AS l
		JOIN registry.list_row AS w ON w.list = l.id GROUP BY l.month ORDER BY l.month`)); diff != "" {
		t.Errorf("rows by month (-want +got):\n%s", diff)
	}
}

// Of a month in parts everybody counts; whoever came and left before it does not.
func TestMissingAndPrefilledAreOfTheNewestMonth(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	take := func(content []byte, month int) registry.Result {
		t.Helper()
		got, err := importList(t, db, content, of(month))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	take(workbook(t, mrsMau(), other(1, "")), 1)
	if got := namesOf(take(workbook(t, mrsMau(), mrThu()), 2).Missing); !cmp.Equal(got, []string{"Phạm Văn Hai"}) {
		t.Errorf("missing in February: %v, want the one of January only", got)
	}
	if got := namesOf(take(workbook(t, other(2, "")), 2).Missing); !cmp.Equal(got, []string{"Phạm Văn Hai"}) {
		t.Errorf("missing after the late list: %v; who is on the month's first list is there", got)
	}
	if got := namesOf(take(workbook(t, other(2, ""), other(3, "")), 3).Missing); !cmp.Equal(got, []string{"Nguyễn Thị Mẫu", "Lê Văn Thử"}) {
		t.Errorf("missing in March: %v, want all of February's lists who are not there", got)
	}
	lines, err := registry.LastRows(t.Context(), db, testKeys(t), monthly, registry.Communes()[0].Key())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.Name)
	}
	if diff := cmp.Diff([]string{"Phạm Văn Ba", "Phạm Văn Bốn"}, got); diff != "" {
		t.Errorf("the next template has (-want +got):\n%s", diff)
	}
}

// Whoever moves stands on the list of another commune each month; that is two lists
// of one month only in one month.
func TestAnotherCommunesListOfAnotherMonthIsNoSecondRow(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	there := func(o *registry.ImportOptions) { o.Unit, o.AcceptValid = registry.Communes()[1].Key(), true }
	if _, err := importList(t, db, workbook(t, mrsMau(), mrThu()), of(1)); err != nil {
		t.Fatal(err)
	}
	for month, want := range map[int]registry.Code{1: registry.PersonList, 2: registry.PersonCommune} {
		got, err := importList(t, db, workbook(t, mrsMau(), other(month, "")), of(month, there))
		if err != nil {
			t.Fatal(err)
		}
		if found := addresses(got.Findings); len(found) != 1 || got.Findings[0].Code != want {
			t.Errorf("month %d: findings %v, want %s", month, found, want)
		}
	}
}

// A refused row of February is settled by a row of February.
func TestARefusedRowIsSettledInItsOwnMonth(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	bad := workbook(t, mrsMau(), with(mrThu(), cCategory, "TET-HN-2026-99"))
	first, err := importList(t, db, bad, of(2, acceptValid))
	if err != nil || first.Waiting != 1 {
		t.Fatalf("%d rows wait (%v), want 1", first.Waiting, err)
	}
	for i, month := range []int{3, 2} {
		got, err := importList(t, db, workbook(t, mrThu(), other(i+1, "")), of(month))
		if err != nil || got.Settled != i {
			t.Errorf("a list of month %d settles %d rows (%v), want %d", month, got.Settled, err, i)
		}
	}
}

// Whoever plans is asked for the month of the list, and for none where there is none.
func TestClaimsAreAskedForTheMonth(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau()), of(1)); err != nil { // nobody is asked about people no list named
		t.Fatal(err)
	}
	var asked []string
	asks := func(o *registry.ImportOptions) {
		o.Claims = func(_ context.Context, _ pgx.Tx, programme string, month calendar.Date, _ int64) ([]registry.Claimed, error) {
			asked = append(asked, fmt.Sprintf("%s %s", programme, month))
			return nil, nil
		}
	}
	for _, change := range []func(*registry.ImportOptions){of(2, asks), asks} {
		if _, err := importList(t, db, workbook(t, mrsMau()), change); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{monthly + " 2026-02-01", "TET-HN-2026 " + calendar.Date{}.String()}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// The search for people on no list looks at the lists of the month asked for.
func TestCandidatesOfAMonth(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau(), mrThu()), of(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := importList(t, db, workbook(t, mrsMau()), of(2)); err != nil {
		t.Fatal(err)
	}
	for month, want := range map[int][]string{1: nil, 2: {"Lê Văn Thử"}} {
		found, err := registry.Candidates(t.Context(), db, registry.CandidateQuery{Programme: monthly, Month: calendar.Must(2026, 1, 1).AddMonths(month - 1),
			From: calendar.Must(2026, 1, 1), To: calendar.Must(2026, 12, 31), Last: []string{monthly}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range found {
			got = append(got, c.Name)
		}
		if !cmp.Equal(got, want) {
			t.Errorf("candidates of month %d: %v, want %v", month, got, want)
		}
	}
}

// Decree 20/2021, Article 8: the month of a death is due, to whoever receives for the
// dead; a row refused then would be a person left out.
func TestThePersonWhoDiedIsRefusedFromTheNextMonthOn(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, other(6, ""), mrThu()), of(1)); err != nil {
		t.Fatal(err)
	}
	given(t, db, testAct, 900, "death", now)
	given(t, db, `INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, at) VALUES (900, 'done', 'mai', $1, '', $2)`, make([]byte, 64), now)
	given(t, db, `INSERT INTO registry.death (act, person, died_on) SELECT 900, person, '2026-02-15' FROM registry.act WHERE id = 900`)
	for month, want := range map[int]int{2: 0, 3: 1} {
		got, err := importList(t, db, workbook(t, other(6, ""), mrThu(), other(month, "")), of(month, acceptValid))
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for _, f := range got.Findings {
			if f.Code == registry.PersonDead {
				refused++
			}
		}
		if refused != want || got.RowsRefused != want {
			t.Errorf("month %d refuses %d rows, %d of the dead; want %d", month, got.RowsRefused, refused, want)
		}
	}
}
