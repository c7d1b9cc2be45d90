package registry_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/registry"
	"ansinh/registry/demolist"
)

// examined holds a list against what is registered, as `list check` does.
func examined(t *testing.T, db *pgxpool.Pool, content []byte, change func(*registry.ImportOptions)) registry.List {
	t.Helper()
	options := registry.ImportOptions{Unit: registry.Communes()[0].Key(), Now: now, Random: rand.Reader}
	change(&options)
	list, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), options.Reading(true))
	if err != nil {
		t.Fatal(err)
	}
	if list, _, err = registry.Examine(t.Context(), db, testKeys(t), "ds.xlsx", list, options); err != nil {
		t.Fatal(err)
	}
	return list
}

// The generator knows what is wrong with a change list and none of the intake's code;
// the intake must say exactly that, and nothing of a list without faults.
func TestSeededFaultsOfAChangeListAreFoundAndNothingElse(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	base := demolist.Seeded(17, 0, 80)
	if _, err := importList(t, db, written(t, base, demolist.Style{}), of(1)); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(8) {
		for _, faults := range []int{0, 4, demolist.ChangeFaults()} {
			list := base.Changes(seed, faults)
			got := examined(t, db, written(t, &list.SeededList, demolist.Style{}), of(2))
			said, want := said(got.Findings), truth(&list.SeededList)
			for i := range want { // a finding of the whole file has no cell
				if want[i][0] == '0' {
					want[i] = want[i][1:]
				}
			}
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("seed %d, %d faults (-seeded +found):\n%s", seed, faults, diff)
			}
			if faults > 0 {
				continue
			}
			wanted := fmt.Sprintf("%+v", registry.Changes{Form: "changes", Base: got.Changes.Base, Before: list.Before, Added: list.Added, Removed: list.Removed,
				Changed: list.Changed, After: list.After()})
			if what := fmt.Sprintf("%+v", *got.Changes); what != wanted {
				t.Errorf("seed %d: taking it would change %s, want %s", seed, what, wanted)
			}
		}
	}
	if n := count(t, db, `SELECT count(*) FROM registry.list`); n != 1 {
		t.Errorf("%d lists after examining, want 1", n)
	}
}
