package pgtest_test

import (
	"testing"

	"ansinh/internal/pgtest"
)

func TestDBWorksAsEngine(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	var role, path, zone string
	err := db.QueryRow(t.Context(), `SELECT current_user, current_setting('search_path'), current_setting('TimeZone')`).Scan(&role, &path, &zone)
	if err != nil {
		t.Fatal(err)
	}
	if role != "ansinh_engine" || path != `""` || zone != "UTC" {
		t.Errorf("role %s, search_path %s, time zone %s; want ansinh_engine, \"\", UTC", role, path, zone)
	}
}

func TestEveryTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	one, two := pgtest.DB(t), pgtest.DB(t)
	owner := pgtest.Superuser(t, one)
	if _, err := owner.Exec(t.Context(), `CREATE TABLE public.mine (id int)`); err != nil {
		t.Fatal(err)
	}
	var seen bool
	if err := two.QueryRow(t.Context(), `SELECT to_regclass('public.mine') IS NOT NULL`).Scan(&seen); err != nil {
		t.Fatal(err)
	}
	if seen {
		t.Error("the second database sees a table of the first")
	}
}
