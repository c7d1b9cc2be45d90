package registry_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/registry"
	"ansinh/registry/demolist"
)

// The writer of the demo's workbooks knows what is wrong with them; the intake
// must find exactly that, and take all the rest to the đồng.
func TestImportListOfADemoCity(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	var places []demolist.Place
	for _, u := range registry.Communes()[:12] {
		places = append(places, demolist.Place{Code: u.Code, Name: u.NameVI})
	}
	var want, got registry.Result
	var wantTotal, wantPeople int64
	for i, unit := range demolist.Make(20260217, 3600, places).Units {
		key := registry.Communes()[i].Key()
		var file bytes.Buffer
		truth, err := unit.WriteTet(&file)
		if err != nil {
			t.Fatal(err)
		}
		result, err := importList(t, db, file.Bytes(), func(o *registry.ImportOptions) { o.AcceptValid, o.Unit = true, key })
		if err != nil {
			t.Fatalf("import of %s: %v", unit.Code, err)
		}
		if diff := cmp.Diff(wantFindings(truth), foundErrors(result)); diff != "" {
			t.Errorf("unit %s: errors (-want +got):\n%s", unit.Code, diff)
		}
		want.RowsTotal += truth.Rows
		want.RowsTaken += truth.Sound
		want.RowsRefused += len(truth.Defects)
		want.PeopleNew += truth.People
		wantTotal += truth.TotalVND
		wantPeople += int64(truth.People)
		addResult(&got, result)

		file.Reset()
		truth, err = unit.WriteLongevity(&file)
		if err != nil {
			t.Fatal(err)
		}
		if truth.Rows == 0 {
			continue
		}
		longevity, err := importList(t, db, file.Bytes(), func(o *registry.ImportOptions) { o.Programme, o.Unit = "MUNG-THO-2026", key })
		if err != nil {
			t.Fatalf("longevity of %s: %v", unit.Code, err)
		}
		if longevity.RowsTaken != truth.Rows || longevity.ChannelsChanged != 0 {
			t.Errorf("longevity of %s: %d rows taken of %d, %d channels changed", unit.Code, longevity.RowsTaken, truth.Rows, longevity.ChannelsChanged)
		}
	}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("all lists (-want +got):\n%s", diff)
	}
	var total, people int64
	err := db.QueryRow(t.Context(), `
SELECT sum(CASE r.category WHEN 'TET-HN-2026-01' THEN 2000000 WHEN 'TET-HN-2026-02' THEN 1000000
                           WHEN 'TET-HN-2026-03' THEN 500000 ELSE 300000 END), count(DISTINCT r.person)
  FROM registry.list_row r JOIN registry.list l ON l.id = r.list
 WHERE l.programme = 'TET-HN-2026'`).Scan(&total, &people)
	if err != nil || total != wantTotal || people != wantPeople {
		t.Errorf("gifts of the taken rows = %d for %d people (%v), want %d for %d", total, people, err, wantTotal, wantPeople)
	}
	if n := count(t, db, `SELECT count(*) FROM registry.person p WHERE NOT EXISTS (SELECT 1 FROM registry.channel c WHERE c.person = p.id AND c.rank = 1)`); n != 0 {
		t.Errorf("people without a channel = %d", n)
	}
}

func wantFindings(truth demolist.Truth) []string {
	var out []string
	for _, d := range truth.Defects {
		out = append(out, fmt.Sprintf("%d %s", d.Row, d.Code))
	}
	return out
}

func foundErrors(result registry.Result) []string {
	var out []string
	for _, f := range result.Findings {
		if f.Severity == registry.SeverityError {
			out = append(out, fmt.Sprintf("%d %s", f.Row, f.Code))
		}
	}
	return out
}

func addResult(sum *registry.Result, r registry.Result) {
	sum.RowsTotal += r.RowsTotal
	sum.RowsTaken += r.RowsTaken
	sum.RowsRefused += r.RowsRefused
	sum.PeopleNew += r.PeopleNew
	sum.PeopleKnown += r.PeopleKnown
	sum.ChannelsChanged += r.ChannelsChanged
}
