package registry_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
	"ansinh/registry"
)

// marked writes a change list: rows of the other tests with a mark behind them.
func marked(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	return sheet(t, append([][]any{append(append([]any{}, headings...), "Tăng / Giảm / Đổi")}, rows...)...)
}

func mark(row []any, mark string) []any { return append(append([]any{}, row...), mark) }

// ends is a row of which only the id is filled, with a reason or none.
func ends(id, note, mark string) []any {
	row := make([]any, len(headings)+1)
	row[cID], row[cNote], row[len(headings)] = id, note, mark
	return row
}

// The people of the month before are Mẫu in one category and Thử in two.
func TestFindingsOfAChangeList(t *testing.T) {
	t.Parallel()
	mau, thu := func() []any { return mark(mrsMau(), "") }, func() []any { return mark(mrThu(), "") }
	second := func() []any { return mark(with(mrThu(), cCategory, "TET-HN-2026-01"), "") }
	const idMau, idThu = "000136900001", "000054900003"
	for name, tt := range map[string]struct {
		month int // 0 = a programme paid once
		rows  [][]any
		want  registry.Code // "" = taken
		still bool          // also with AcceptValid nothing is taken
	}{
		"everybody stays":                            {3, [][]any{mau(), thu(), second()}, "", false},
		"a new one":                                  {3, [][]any{mark(third(), "tăng")}, "", false},
		"one ends by the id alone":                   {3, [][]any{ends(idMau, "đã chuyển đi", "-")}, "", false},
		"a programme paid once":                      {0, [][]any{mark(mrsMau(), "Đổi")}, registry.ChangeOnce, true},
		"no month before":                            {1, [][]any{mark(mrsMau(), "Đổi")}, registry.ChangeBase, true},
		"a list of the month is there":               {2, [][]any{mark(third(), "Tăng")}, registry.ChangeMonth, true},
		"a deleted row":                              {3, [][]any{thu(), second()}, registry.ChangeAbsent, true},
		"an unclear mark":                            {3, [][]any{mark(mrsMau(), "xem lại")}, registry.ChangeUnknown, true},
		"a mark with a slip":                         {3, [][]any{mark(mrsMau(), "Giãmm")}, registry.ChangeNear, true},
		"an end without a reason":                    {3, [][]any{ends(idMau, "", "Giảm")}, registry.ChangeReason, true},
		"a faulty end holds all":                     {3, [][]any{ends(idMau, "", "Giảm"), mark(third(), "Tăng")}, registry.ChangeHeld, true},
		"new and known":                              {3, [][]any{mark(mrsMau(), "Tăng"), mark(third(), "Tăng")}, registry.ChangeKnown, false},
		"changed and unknown":                        {3, [][]any{mark(third(), "Đổi"), ends(idMau, "mất", "Giảm")}, registry.ChangeStranger, false},
		"the end of a stranger":                      {3, [][]any{ends("000054900005", "mất", "Giảm")}, registry.ChangeStranger, true},
		"the end of one of two, not said which":      {3, [][]any{ends(idThu, "mất", "Giảm")}, registry.ChangeWhich, true},
		"new and not marked":                         {3, [][]any{mau(), thu(), second(), mark(third(), "")}, registry.ChangeNew, false},
		"another account and not marked":             {3, [][]any{mark(with(mrsMau(), cAccount, "0010000000777"), ""), thu(), second()}, registry.ChangeUnmarked, false},
		"a repair that would be taken is only asked": {3, [][]any{mark(with(mrsMau(), cMethod, "Tiền mặt"), ""), thu(), second()}, registry.ChangeUnmarked, false},
		"one row twice":                              {3, [][]any{ends(idMau, "mất", "Giảm"), ends(idMau, "mất", "Giảm")}, registry.RowTwice, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := prepared(t, true)
			if _, err := importList(t, db, workbook(t, mrsMau(), mrThu(), with(mrThu(), cCategory, "TET-HN-2026-01")), of(2)); err != nil {
				t.Fatal(err)
			}
			options := of(tt.month)
			if tt.month == 0 {
				options = func(*registry.ImportOptions) {}
			}
			_, err := importList(t, db, marked(t, tt.rows...), options)
			var refused *registry.RefusedError
			switch {
			case tt.want == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case tt.want == "":
				return
			case !errors.As(err, &refused):
				t.Fatalf("error %v, want %s", err, tt.want)
			}
			_, err = importList(t, db, marked(t, tt.rows...), func(o *registry.ImportOptions) { options(o); o.AcceptValid = true })
			findings := refused.Findings
			if errors.As(err, &refused) {
				findings = append(findings, refused.Findings...) // what holds the list shows only then, if rows are refused at reading
			}
			found := false
			for _, f := range findings {
				found = found || f.Code == tt.want
			}
			if !found {
				t.Errorf("findings %v, want %s", addresses(findings), tt.want)
			}
			if (err != nil) != tt.still {
				t.Errorf("with the sound rows accepted: %v; want an error: %v", err, tt.still)
			}
		})
	}
}

// A row that says something else and a repair that marks it is a changed row.
func TestAnAcceptedMarkChangesTheRow(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau(), mrThu()), of(2)); err != nil {
		t.Fatal(err)
	}
	got, err := importList(t, db, marked(t, mark(with(mrsMau(), cAccount, "0010000000777"), ""), mark(mrThu(), "")),
		of(3, func(o *registry.ImportOptions) { o.AcceptRepairs = true }))
	if err != nil {
		t.Fatal(err)
	}
	want := &registry.Changes{Form: "changes", Base: got.Changes.Base, Before: 2, Changed: 1, After: 2}
	if diff := cmp.Diff(want, got.Changes); diff != "" || got.Carried != 1 {
		t.Errorf("carried %d, changes (-want +got):\n%s", got.Carried, diff)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.list_change WHERE kind = 'changed' AND what = ARRAY['account'] AND was_tail = '0001' AND account_tail = '0777'`); n != 1 {
		t.Errorf("%d changed accounts recorded, want 1", n)
	}
}

// Whatever is added and ended, who stands afterwards is who stood before, with the
// new and without the ended, each once.
func TestAfterIsBeforeWithTheNewAndWithoutTheEnded(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(152, 2))
	db := prepared(t, true)
	row := func(no int) []any {
		return with(with(mrThu(), cID, fmt.Sprintf("000054%06d", no)), cName, "Lê Văn "+[]string{"An", "Bình", "Cường", "Dũng"}[no%4])
	}
	stands := make(map[string]bool)
	next := 0
	for month := 1; month <= 6; month++ {
		var rows [][]any
		for id := range stands {
			if rng.IntN(4) == 0 {
				rows = append(rows, ends(id, "chuyển đi", "Giảm"))
				delete(stands, id)
			}
		}
		for range 5 + rng.IntN(20) {
			next++
			rows = append(rows, mark(row(next), "Tăng"))
			stands[fmt.Sprintf("000054%06d", next)] = true
		}
		content := marked(t, rows...)
		if month == 1 {
			var whole [][]any
			for _, r := range rows {
				whole = append(whole, r[:len(headings)])
			}
			content = workbook(t, whole...)
		}
		got, err := importList(t, db, content, of(month))
		if err != nil {
			t.Fatal(err)
		}
		found, _ := db.Query(t.Context(), `SELECT p.id_index FROM registry.list_row w JOIN registry.person p ON p.id = w.person WHERE w.list = $1`, got.List)
		indexes, err := pgx.CollectRows(found, pgx.RowTo[[]byte])
		if err != nil {
			t.Fatal(err)
		}
		want, have := make(map[string]bool), make(map[string]int)
		for id := range stands {
			want[indexOf(t, id)] = true
		}
		for _, index := range indexes {
			if have[string(index)]++; have[string(index)] > 1 || !want[string(index)] {
				t.Errorf("month %d: somebody stands %d times; ought to stand: %v", month, have[string(index)], want[string(index)])
			}
		}
		if len(have) != len(want) {
			t.Errorf("month %d: %d people stand, want %d", month, len(have), len(want))
		}
	}
}

func indexOf(t *testing.T, id string) string {
	t.Helper()
	return string(testKeys(t).Index(crypt.FieldID, crypt.Secret(id)))
}
