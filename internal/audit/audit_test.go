package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ansinh/internal/audit"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func init() {
	pgtest.AfterEach("audit chain", func(ctx context.Context, db *pgxpool.Pool) error {
		_, err := audit.Verify(ctx, db)
		return err
	})
}

var morning = time.Date(2030, 2, 1, 8, 0, 0, 123456789, time.UTC)

func entry(act string, detail any) audit.Entry {
	return audit.Entry{At: morning, Actor: "lan", Act: act, Subject: "section 1/1", Detail: detail}
}

func record(t *testing.T, db pgdb.DB, entries ...audit.Entry) {
	t.Helper()
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, entries...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, db pgdb.DB, limit, want int) {
	t.Helper()
	got, err := audit.Seal(t.Context(), db, limit)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("Seal(limit %d) = %d, want %d", limit, got, want)
	}
}

func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, ".")
}

func TestTablesAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "audit.record", "audit.chain")
}

func TestRecordsAreSealedInOrderAndVerify(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	record(t, db, entry("list.import", nil), entry("section.approve", map[string]any{"total": "500000", "count": 1}))
	record(t, db, entry("section.release", nil))

	before, err := audit.Verify(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(audit.Report{Unsealed: 3}, before); diff != "" {
		t.Errorf("before sealing (-want +got):\n%s", diff)
	}
	seal(t, db, 2, 2)
	middle, err := audit.ReadHead(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	seal(t, db, 10, 1)
	seal(t, db, 10, 0)

	after, err := audit.Verify(t.Context(), db, middle, audit.Head{})
	if err != nil {
		t.Fatal(err)
	}
	if after.Head.ChainNo != 3 || after.Unsealed != 0 {
		t.Errorf("after sealing: %+v, want number 3 and nothing unsealed", after)
	}
	rows, _ := db.Query(t.Context(), `SELECT act FROM audit.trail ORDER BY chain_no`)
	acts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"list.import", "section.approve", "section.release"}, acts); diff != "" {
		t.Errorf("order of the chain (-want +got):\n%s", diff)
	}
}

func TestRecordOfARolledBackActIsGone(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	changedMind := errors.New("changed my mind")
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := audit.Append(ctx, tx, entry("section.approve", nil)); err != nil {
			return err
		}
		return changedMind
	})
	if !errors.Is(err, changedMind) {
		t.Fatal(err)
	}
	seal(t, db, 10, 0)
}

func TestDetailHasOneSpelling(t *testing.T) {
	t.Parallel()
	type amounts struct {
		Total string `json:"total"`
		Count int64  `json:"count"`
	}
	tests := map[string]struct {
		detail  any
		want    string
		wantErr error
	}{
		"nothing is the empty object":     {nil, `{}`, nil},
		"keys are sorted":                 {map[string]any{"b": 1, "a": "x"}, `{"a":"x","b":1}`, nil},
		"a struct's field order is lost":  {amounts{"500000", 2}, `{"count":2,"total":"500000"}`, nil},
		"letters and signs stay":          {map[string]string{"tên": "Đỗ <A&B>"}, `{"tên":"Đỗ <A&B>"}`, nil},
		"large integers keep every digit": {map[string]any{"n": int64(9007199254740993)}, `{"n":9007199254740993}`, nil},
		"a list is refused":               {[]int{1}, "", audit.ErrEntry},
		"a fraction is refused":           {map[string]any{"rate": 0.5}, "", audit.ErrEntry},
		"a nested fraction is refused":    {map[string]any{"a": []any{map[string]any{"r": 1e30}}}, "", audit.ErrEntry},
		"a zero byte is refused":          {map[string]any{"a": "x\x00"}, "", audit.ErrEntry},
		"what JSON cannot hold":           {func() {}, "", audit.ErrEntry},
	}
	db := pgtest.DB(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
				ids, err := audit.Append(ctx, tx, entry("test", tt.detail))
				if err != nil {
					return err
				}
				return tx.QueryRow(ctx, `SELECT detail FROM audit.record WHERE id = $1`, ids[0]).Scan(&got)
			})
			if !errors.Is(err, tt.wantErr) || got != tt.want {
				t.Errorf("Append(%v) stored %s, error %v; want %s, %v", tt.detail, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestIncompleteEntriesAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]audit.Entry{
		"no time":         {Actor: "lan", Act: "a"},
		"no actor":        {At: morning, Act: "a"},
		"no act":          {At: morning, Actor: "lan"},
		"subject no text": {At: morning, Actor: "lan", Act: "a", Subject: "\xff"},
	}
	db := pgtest.DB(t)
	for name, e := range tests {
		t.Run(name, func(t *testing.T) {
			err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
				_, err := audit.Append(ctx, tx, e)
				return err
			})
			if !errors.Is(err, audit.ErrEntry) {
				t.Errorf("Append(%+v) error = %v, want ErrEntry", e, err)
			}
		})
	}
}

func TestEngineAndOwnerCannotChangeTheRecord(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	record(t, db, entry("section.approve", nil))
	seal(t, db, 10, 1)
	owner, err := pgdb.OpenOwner(t.Context(), pgtest.OwnerURL(t, db), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	for _, table := range []string{"audit.record", "audit.chain"} {
		for _, change := range []string{"DELETE FROM %s", "TRUNCATE %s CASCADE", "UPDATE %s SET " + column(table) + " = " + column(table)} {
			statement := fmt.Sprintf(change, table)
			if _, err := db.Exec(t.Context(), statement); pgdb.State(err) != pgdb.InsufficientRight {
				t.Errorf("engine: %s: error %v, want %s", statement, err, pgdb.InsufficientRight)
			}
			if _, err := owner.Exec(t.Context(), statement); pgdb.State(err) != pgdb.AppendOnly {
				t.Errorf("owner: %s: error %v, want %s", statement, err, pgdb.AppendOnly)
			}
		}
	}
}

func column(table string) string {
	if table == "audit.chain" {
		return "hash"
	}
	return "detail"
}

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sql      string
		anchored bool
		want     string
	}{
		"a record is changed":           {`UPDATE audit.record SET detail = '{"total":"1"}' WHERE id = 2`, false, "number 2 (record 2): the record was changed"},
		"a time is moved by a moment":   {`UPDATE audit.record SET at = at + interval '1 microsecond' WHERE id = 1`, false, "number 1 (record 1): the record was changed"},
		"a record is taken out":         {`DELETE FROM audit.record WHERE id = 2`, false, "number 2 (record 2): the record is gone"},
		"a link is taken out":           {`DELETE FROM audit.chain WHERE chain_no = 2`, false, "number 3 (record 3): it follows number 1"},
		"a record never gets sealed":    {`DELETE FROM audit.pending`, false, "record 4: it is neither in the chain"},
		"the end is cut off":            {`DELETE FROM audit.chain WHERE chain_no = 3; DELETE FROM audit.record WHERE id = 3`, true, "an anchor knows number 3"},
		"two records change places":     {`UPDATE audit.chain SET record = -record WHERE chain_no < 3; UPDATE audit.chain SET record = 3 + record WHERE chain_no < 3`, false, "number 1 (record 2): the record was changed"},
		"a hash is changed at the end":  {`UPDATE audit.chain SET hash = sha256('x') WHERE chain_no = 3`, false, "number 3 (record 3): the record was changed"},
		"a backward link is cut":        {`UPDATE audit.chain SET prev_hash = sha256('x') WHERE chain_no = 3`, false, "number 3 (record 3): it does not name the hash before it"},
		"the detail's bytes are redone": {`UPDATE audit.record SET detail = detail || ' ' WHERE id = 1`, false, "number 1 (record 1): the record was changed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.DB(t)
			pgtest.ExpectBroken(t, db)
			for i := range 3 {
				record(t, db, entry(fmt.Sprint("act ", i), nil))
			}
			seal(t, db, 10, 3)
			record(t, db, entry("not sealed", nil))
			head, err := audit.ReadHead(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			root := pgtest.Superuser(t, db)
			disarm := `SET session_replication_role = replica; ` // a superuser can stop triggers and foreign keys
			if err := root.PgConn().Exec(t.Context(), disarm+tt.sql).Close(); err != nil {
				t.Fatal(err)
			}
			var anchors []audit.Head
			if tt.anchored {
				anchors = append(anchors, head)
			}
			_, err = audit.Verify(t.Context(), db, anchors...)
			var broken *audit.BrokenError
			if !errors.As(err, &broken) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Verify after %q: %v, want a BrokenError with %q", tt.sql, err, tt.want)
			}
		})
	}
}

func TestSealersAndActsAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	const actors, acts = 3, 20
	var group sync.WaitGroup
	for range actors {
		group.Go(func() {
			for i := range acts {
				record(t, db, entry(fmt.Sprint("act ", i), nil))
			}
		})
	}
	for range 2 {
		group.Go(func() {
			for range acts {
				if _, err := audit.Seal(t.Context(), db, 7); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if _, err := audit.Seal(t.Context(), db, 1000); err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if report.Head.ChainNo != actors*acts || report.Unsealed != 0 {
		t.Errorf("%+v, want %d records in the chain", report, actors*acts)
	}
}

func TestOpenActDoesNotStopTheSealer(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Append(t.Context(), tx, entry("a long import", nil)); err != nil {
		t.Fatal(err)
	}
	record(t, db, entry("a short act", nil))
	seal(t, db, 10, 1)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	seal(t, db, 10, 1)
}
