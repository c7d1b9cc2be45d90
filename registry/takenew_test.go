package registry_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

// keptOfLists is what imports leave, but for the ciphertexts, whose nonces differ,
// and for numbers that only have to be different.
var keptOfLists = []string{
	`SELECT p::text FROM (SELECT id, id_index, id_enc IS NULL, local_key, name, name_fold, birth_date, birth_year, birth_precision, sex, phone_enc IS NULL,
	        phone_index, unit_code, unit_valid_from, residential_group, address, first_list, created_at, changed_at FROM registry.person) p ORDER BY 1`,
	`SELECT c::text FROM (SELECT person, rank, kind, method, bank_bin, account_enc IS NULL, account_index, account_tail, holder, provider, list, valid_from, changed
	        FROM registry.channel) c ORDER BY 1`,
	`SELECT h::text FROM (SELECT person, rank, method, account_index, list, ended_by, changed FROM registry.channel_history) h ORDER BY 1`,
	`SELECT w::text FROM (SELECT list, row_no, person, category, decision_no, decision_date, method, stated_amount, payee_name, payee_kind,
	        payee_id_enc IS NULL, payee_id_index, contact, note, from_list, from_row FROM registry.list_row) w ORDER BY 1`,
	`SELECT n::text FROM registry.account_notice n ORDER BY 1`,
	`SELECT s::text FROM registry.list_change_sum s ORDER BY 1`,
	`SELECT c::text FROM registry.list_change c ORDER BY list, n`,
	`SELECT l::text FROM (SELECT id, month, rows_total, rows_taken, rows_refused, people_new, people_known, channels_changed FROM registry.list) l ORDER BY 1`,
	`SELECT f::text FROM registry.list_refusal f ORDER BY list, seq`,
	`SELECT f::text FROM registry.list_warning f ORDER BY list, seq`,
	`SELECT r::text FROM (SELECT list, row_no, id_index, name, codes, message FROM registry.refused_row) r ORDER BY 1`,
	`SELECT d::text FROM registry.row_decision d ORDER BY list, row_no, n`,
	`SELECT s::text FROM registry.stage s`,
}

// result is what an import said, its findings as people and programs read them.
func result(r registry.Result) []any {
	found := registry.Table(r.Findings)
	r.Findings = nil
	return []any{r, found}
}

func kept(t *testing.T, db *pgxpool.Pool) (all [][]string) {
	t.Helper()
	for _, query := range keptOfLists {
		all = append(all, texts(t, db, query))
	}
	return all
}

// Whatever is on a list, and whoever is known already, both ways of taking it say
// the same and leave the same.
func TestShortAndLongWayLeaveTheSame(t *testing.T) {
	t.Parallel()
	short, long := prepared(t, true), prepared(t, true)
	communes := registry.Communes()
	lists := []struct {
		seed   uint64
		faults int
		unit   int
	}{
		{1, 0, 0}, {2, 30, 1}, {3, demolist.Faults(), 2}, {4, 0, 3},
		{1, 0, 0},  // the same people again, in another programme
		{2, 30, 4}, // and others in another commune
		{5, demolist.Faults(), 0},
	}
	for i, l := range lists {
		content := written(t, demolist.Seeded(l.seed, l.faults, 150), demolist.Style{})
		options := registry.ImportOptions{Programme: fmt.Sprint("P", i), LastProgramme: fmt.Sprint("P", i-1), Unit: communes[l.unit].Key(), By: "tester", Now: now,
			Random: rand.Reader, AcceptValid: true}
		file := registry.File{Name: "danh-sach.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))}
		got, err := registry.ImportList(t.Context(), short, testKeys(t), file, options)
		want, errLong := registry.ImportTheLongWay(t.Context(), long, testKeys(t), file, options)
		if err != nil || errLong != nil {
			t.Fatalf("list %d: short %v, long %v", i, err, errLong)
		}
		if diff := cmp.Diff(result(want), result(got)); diff != "" {
			t.Errorf("list %d (-long +short):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(kept(t, long), kept(t, short)); diff != "" {
		t.Errorf("kept (-long +short):\n%s", diff)
	}
}

// The same lists in the same order leave the same, whoever is on them: two communes with
// people in common, months in any order, lists whole and short, ids left out, names and
// accounts changed.
func TestShortAndLongWayLeaveTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rng := mathrand.New(mathrand.NewPCG(155, seed))
			short, long := prepared(t, true), prepared(t, true)
			next, taken := 0, 0
			for i := range 16 {
				var rows [][]any
				for range 1 + rng.IntN(6) {
					n := rng.IntN(next + 1)
					if rng.IntN(2) == 0 { // somebody nobody knows
						next++
						n = next
					}
					row := other(n, []string{"", fmt.Sprintf("0020000000%03d", n%100+rng.IntN(2))}[rng.IntN(2)])
					switch rng.IntN(8) {
					case 0:
						row[cID] = ""
					case 1:
						row[cCategory] = "TET-HN-2026-02"
					case 2:
						row[cName] = "Phạm Thị Khác"
					case 3:
						row[cID] = "123"
					}
					rows = append(rows, row)
				}
				content, month := workbook(t, rows...), rng.IntN(3)
				if month > 0 && rng.IntN(2) == 0 {
					for j := range rows {
						rows[j] = mark(rows[j], []string{"Tăng", "Tăng", "Đổi"}[rng.IntN(3)])
					}
					content = marked(t, rows...)
				}
				options := registry.ImportOptions{Programme: monthly, Unit: registry.Communes()[rng.IntN(2)].Key(), By: "tester", Now: now.Add(time.Duration(i) * time.Hour),
					Random: rand.Reader, AcceptValid: true, Month: calendar.Must(2026, 1, 1).AddMonths(month)}
				file := registry.File{Name: "danh-sach.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))}
				got, err := registry.ImportList(t.Context(), short, testKeys(t), file, options)
				want, errLong := registry.ImportTheLongWay(t.Context(), long, testKeys(t), file, options)
				if fmt.Sprint(err) != fmt.Sprint(errLong) {
					t.Fatalf("list %d: short %v, long %v", i, err, errLong)
				}
				if err == nil {
					taken++
				}
				if diff := cmp.Diff(result(want), result(got)); diff != "" {
					t.Errorf("list %d (-long +short):\n%s", i, diff)
				}
			}
			if diff := cmp.Diff(kept(t, long)[1:], kept(t, short)[1:]); diff != "" {
				t.Errorf("kept (-long +short):\n%s", diff)
			}
			if taken < 6 {
				t.Errorf("%d lists of 16 were taken, too few to say anything", taken)
			}
		})
	}
}

// One file handed in twice at the same moment is one list.
func TestTheSameFileTwiceAtOnceIsOneList(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	content := written(t, demolist.Seeded(9, 0, 300), demolist.Style{})
	type taken struct {
		registry.Result
		err error
	}
	results := make(chan taken, 3)
	for range 3 {
		go func() {
			got, err := importList(t, db, content, nil)
			results <- taken{got, err}
		}()
	}
	again := 0
	for range 3 {
		got := <-results
		if got.err != nil || got.List == 0 || got.RowsTaken != 300 {
			t.Errorf("list %d, %d rows, %v; want the one list", got.List, got.RowsTaken, got.err)
		}
		if got.Again {
			again++
		}
	}
	if again != 2 || count(t, db, `SELECT count(*) FROM registry.list`) != 1 || count(t, db, `SELECT count(*) FROM registry.list_row`) != 300 {
		t.Errorf("%d of three were taken before; want two, of one list", again)
	}
}

// Somebody who stands twice without an id, and one id with two spellings of a name,
// go the long way, which alone knows what to do.
func TestUnclearPeopleGoTheLongWay(t *testing.T) {
	t.Parallel()
	tests := map[string][][]any{
		"twice without an id":         {with(other(6, ""), cID, ""), with(with(other(6, ""), cID, ""), cCategory, "TET-HN-2026-02"), other(7, "")},
		"one id, two spellings":       {with(other(6, ""), cName, "Lý Văn Quý"), with(with(other(6, ""), cName, "Lí Văn Quí"), cCategory, "TET-HN-2026-02")},
		"one id, two categories":      {other(6, "0020000000777"), with(other(6, "0020000000777"), cCategory, "TET-HN-2026-02")},
		"without an id, each alone":   {with(other(6, ""), cID, ""), with(other(7, ""), cID, "")},
		"an account of three of them": {other(6, "0020000000777"), caredFor(7, ""), caredFor(8, "")},
	}
	for name, rows := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			short, long := prepared(t, true), prepared(t, true)
			content := workbook(t, rows...)
			options := registry.ImportOptions{Programme: "TET-HN-2026", Unit: registry.Communes()[0].Key(), By: "tester", Now: now, Random: rand.Reader, AcceptValid: true}
			file := registry.File{Name: "danh-sach.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))}
			got, err := registry.ImportList(t.Context(), short, testKeys(t), file, options)
			want, errLong := registry.ImportTheLongWay(t.Context(), long, testKeys(t), file, options)
			if (err == nil) != (errLong == nil) {
				t.Fatalf("short %v, long %v", err, errLong)
			}
			if diff := cmp.Diff(result(want), result(got)); diff != "" {
				t.Errorf("result (-long +short):\n%s", diff)
			}
			if diff := cmp.Diff(kept(t, long)[1:], kept(t, short)[1:]); diff != "" { // numbers of people skip one on the long way
				t.Errorf("kept (-long +short):\n%s", diff)
			}
		})
	}
}

// Two communes hand in the same 500 people at the same moment. Whichever is first,
// each is one person with one way, stands on both lists, and the second list says so
// or was taken as if it were alone; nobody is two, nobody is left out.
func TestTheSamePeopleOnTwoListsAtOnce(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	list := demolist.Seeded(7, 0, 500)
	content := written(t, list, demolist.Style{})
	errs := make(chan error, 2)
	for i := range 2 {
		go func() {
			options := registry.ImportOptions{Programme: "TET-HN-2026", Unit: registry.Communes()[i].Key(), By: "tester", Now: now, Random: rand.Reader, AcceptValid: true}
			result, err := registry.ImportList(t.Context(), db, testKeys(t),
				registry.File{Name: fmt.Sprint(i, ".xlsx"), Content: bytes.NewReader(content), Size: int64(len(content))}, options)
			if err == nil && result.RowsTaken != 500 {
				err = fmt.Errorf("list %d: %d rows taken, %v", i, result.RowsTaken, addresses(result.Findings))
			}
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{
		`SELECT count(*) FROM registry.person`:                                                              500,
		`SELECT count(DISTINCT id_index) FROM registry.person`:                                              500,
		`SELECT count(*) FROM registry.list_row w JOIN registry.person p ON p.id = w.person`:                1000,
		`SELECT count(*) FROM registry.channel WHERE rank = 1`:                                              500,
		`SELECT sum(people_new) FROM registry.list`:                                                         500,
		`SELECT sum(people_known) FROM registry.list`:                                                       500,
		`SELECT count(*) FROM registry.stage`:                                                               0,
		`SELECT count(*) FROM (SELECT 1 FROM registry.list_row GROUP BY person HAVING count(*) <> 2) twice`: 0,
	} {
		if got := count(t, db, what); got != want {
			t.Errorf("%s = %d, want %d", what, got, want)
		}
	}
}

// An import beside this one adds one of the people between the look and the copy:
// the copy is undone and the list taken the long way, in the same transaction.
func TestWhoeverIsAddedMeanwhileIsMet(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	root := pgtest.Superuser(t, db)
	given := func(sql string) {
		t.Helper()
		if err := root.PgConn().Exec(t.Context(), sql).Close(); err != nil {
			t.Fatal(err)
		}
	}
	content := workbook(t, other(6, ""), other(7, ""), other(8, ""))
	// Staging the list brings the third in by another hand.
	if _, err := importList(t, db, workbook(t, other(8, "0020000000777")), func(o *registry.ImportOptions) { o.Unit = registry.Communes()[1].Key() }); err != nil {
		t.Fatal(err)
	}
	given(`CREATE TABLE public.aside AS SELECT * FROM registry.person; DELETE FROM registry.person;
		GRANT SELECT ON public.aside TO ansinh_engine; GRANT USAGE ON SCHEMA public TO ansinh_engine;
		CREATE FUNCTION public.meanwhile() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO registry.person SELECT * FROM public.aside ON CONFLICT DO NOTHING; RETURN NULL; END $$;
		GRANT EXECUTE ON FUNCTION public.meanwhile() TO ansinh_engine;
		CREATE TRIGGER meanwhile AFTER INSERT ON registry.stage FOR EACH STATEMENT
			WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION public.meanwhile()`)
	result, err := importList(t, db, content, acceptValid)
	if err != nil {
		t.Fatal(err)
	}
	if result.RowsTaken != 3 || result.PeopleNew != 2 || result.PeopleKnown != 1 {
		t.Errorf("%+v, want 3 rows, 2 new people, 1 known", result)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.person`); n != 3 {
		t.Errorf("people = %d, want 3", n)
	}
}
