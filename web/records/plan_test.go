package records_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/web/records"
)

// large are the tables that grow with the payments; each scan of one must name
// a payment, except where the index holds open things only.
var large = []string{"payment", "line", "exception", "attempt", "entitlement", "outcome", "witness", "event"}

// openOnly are partial indexes over what is open, which stays small.
var openOnly = []string{"exception_open", "exception_doubt", "exception_doubt_of_batch"}

// arguments fit every query of the package.
var arguments = pgx.NamedArgs{"batch": 13001, "payment": 17, "numbers": []int64{1, 2, 3}, "from": 1, "to": 50, "state": "paid", "limit": 51, "offset": 0,
	"froms": []int64{1}, "tos": []int64{50}, "after": 0, "unit": "", "who": "lan", "role": "approver", "text": "", "section": int16(1), "channel": "A",
	"first": 202601000000000, "since": time.Unix(0, 0)}

// A page of ten million payments costs what a page of ten costs: with scans of
// whole tables made dear, the planner finds a way by key for every query; where
// it does not, there is none.
func TestPagesReadByKey(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	for name, sql := range records.Queries {
		err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
				return err
			}
			var text []byte
			if err := tx.QueryRow(ctx, `EXPLAIN (FORMAT JSON) `+sql, arguments).Scan(&text); err != nil {
				return err
			}
			var plan any
			if err := json.Unmarshal(text, &plan); err != nil {
				return err
			}
			for _, fault := range scans(plan) {
				t.Errorf("%s: %s", name, fault)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scans finds scans of large tables that name no payment.
func scans(node any) []string {
	var faults []string
	switch n := node.(type) {
	case []any:
		for _, one := range n {
			faults = append(faults, scans(one)...)
		}
	case map[string]any:
		if table, ok := n["Relation Name"].(string); ok && isLarge(table) && !byKey(n) {
			kind, _ := n["Node Type"].(string)
			cond, _ := n["Index Cond"].(string)
			faults = append(faults, kind+" of "+table+" where "+cond)
		}
		for _, one := range n {
			faults = append(faults, scans(one)...)
		}
	}
	return faults
}

func isLarge(table string) bool {
	for _, l := range large {
		if table == l || l == "line" && strings.HasPrefix(table, "line_") {
			return true
		}
	}
	return false
}

func byKey(n map[string]any) bool {
	index, _ := n["Index Name"].(string)
	if below, ok := n["Plans"].([]any); ok && n["Node Type"] == "Bitmap Heap Scan" {
		index, _ = below[0].(map[string]any)["Index Name"].(string)
	}
	for _, open := range openOnly {
		if index == open {
			return true
		}
	}
	for _, key := range []string{"Index Cond", "Recheck Cond"} {
		cond, _ := n[key].(string)
		for _, column := range []string{"payment", "no ", "no)", "position", "voucher"} {
			if strings.Contains(cond, column) {
				return true
			}
		}
	}
	return false
}

func TestScansFindsAWalk(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		plan map[string]any
		want int
	}{
		"a walk of all lines":  {map[string]any{"Relation Name": "line_13", "Node Type": "Seq Scan"}, 1},
		"a walk of a batch":    {map[string]any{"Relation Name": "payment", "Node Type": "Index Scan", "Index Cond": "(batch = 13001)"}, 1},
		"one payment":          {map[string]any{"Relation Name": "payment", "Node Type": "Index Scan", "Index Cond": "((batch = 13001) AND (no = 17))"}, 0},
		"a short table":        {map[string]any{"Relation Name": "section", "Node Type": "Seq Scan"}, 0},
		"the index of doubts":  {map[string]any{"Relation Name": "exception", "Node Type": "Index Scan", "Index Name": "exception_open"}, 0},
		"deep inside the plan": {map[string]any{"Plans": []any{map[string]any{"Relation Name": "line_1", "Node Type": "Seq Scan"}}}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := scans(tt.plan); len(got) != tt.want {
				t.Errorf("scans = %q, want %d", got, tt.want)
			}
		})
	}
}
