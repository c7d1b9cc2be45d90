package records_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/bench"
	"ansinh/internal/crypt"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

func init() {
	pgtest.AfterEach("ledger and totals hold", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := ledger.CheckAll(ctx, db); err != nil {
			return err
		}
		found, err := payout.CheckTallies(ctx, db)
		if err == nil && len(found) > 0 {
			err = found[0]
		}
		return err
	})
}

// newCity loads a city whose tables are large enough for the planner to care.
func newCity(t *testing.T, people, batches int) (*bench.City, *pgxpool.Pool) {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("a test's keys, of thirty-two bytes"))
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.DB(t)
	city, err := bench.LoadCity(t.Context(), db, bench.CityOptions{People: people, Batches: batches, Keys: keys, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	// Most of what was ever doubtful or did not match is settled.
	for _, sql := range []string{
		`INSERT INTO payout.entitlement (programme, rule, person, subject, month, n, amount, batch, payment)
		 SELECT r.programme, r.code, p.person, 0, '2026-02-01', 1, p.amount, p.batch, p.no
		   FROM payout.payment AS p CROSS JOIN LATERAL (SELECT programme, code FROM payout.rule ORDER BY programme, code LIMIT 1) AS r
		  WHERE p.batch = (SELECT min(batch) FROM payout.payment)`,
		`INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, closed_at, submission, section, channel, amount)
		 SELECT batch, payment, attempt, 'doubt', '2026-01-20'::timestamptz + payment * interval '1 second', 'no answer in time', '2026-01-21', submission, 1, 'A', 1 FROM payout.attempt`,
		`INSERT INTO reconciliation.break_item (reason, channel, account, file, position, batch, payment, attempt, submission, amount, voucher, suggestion,
		        opened_at, owner, closed_at, closed_how, closed_one)
		 SELECT 'report_differs', v.channel, v.account, w.file, w.position, 0, 0, 0, 0, w.amount, 0, '', v.at, '', v.at, 'đã giải thích', 'Kế toán Mẫu'
		   FROM reconciliation.witness AS w JOIN reconciliation.verdict AS v ON v.file = w.file`,
		`WITH r AS (INSERT INTO audit.record (at, actor, act, subject, detail)
		            SELECT '2026-01-15'::timestamptz + n * interval '1 minute', 'nguoi-' || n % 50, 'personal.read', 'payment/14000/' || n, '{}'
		              FROM generate_series(1, 20000) AS n RETURNING id)
		 INSERT INTO audit.pending (record) SELECT id FROM r`,
		// Three programmes of a city's communes were taken; most of what was wrong is settled.
		`INSERT INTO registry.list (id, programme, unit_code, unit_valid_from, file_name, sha256, original_enc, rows_total, rows_taken, rows_refused,
		        people_new, people_known, channels_changed, imported_by, imported_at)
		 SELECT 900000 + n, 'TET26', u.code, u.valid_from, 'ds.xlsx', sha256(('list' || n)::bytea), '\x03', 12, 10, 2, 0, 0, 0, 'lan', '2026-01-20'
		   FROM generate_series(1, 400) AS n CROSS JOIN (SELECT code, valid_from FROM registry.unit ORDER BY code LIMIT 1) AS u`,
		`INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due)
		 SELECT l.id, n, 'Lê Thị ' || n, 'le thi ' || n, '', 'LIST-ID-LENGTH', '', 'lan', '2026-01-27' FROM registry.list AS l CROSS JOIN generate_series(11, 12) AS n WHERE l.id > 900000`,
		`INSERT INTO registry.row_decision (list, row_no, n, kind, reason, by_one, by_two, at)
		 SELECT list, row_no, 1, 'dropped', 'thôi hưởng', 'lan', 'hoa', '2026-01-28' FROM registry.refused_row WHERE list BETWEEN 900001 AND 900350`,
		// Each list was held against the population register: few people differ.
		`INSERT INTO registry.verification (list, source, total, made_by, made_at) SELECT l.id, 'population', 60, 'lan', '2026-01-21' FROM registry.list AS l WHERE l.id > 900000 ORDER BY l.id`,
		`INSERT INTO registry.verification_item (verification, person, verdict)
		 SELECT v.id, n, CASE WHEN n % 60 = 7 THEN 'different' ELSE 'same' END FROM registry.verification AS v CROSS JOIN generate_series(1, 60) AS n`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	owner := pgtest.Superuser(t, db)
	if _, err := owner.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	return city, db
}

func pgURL(t *testing.T, db *pgxpool.Pool) string { t.Helper(); return pgtest.OwnerURL(t, db) }

func newestOf(t *testing.T, db *pgxpool.Pool, sql string) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func newestVoucher(t *testing.T, db *pgxpool.Pool, kind string) ledger.VoucherID {
	t.Helper()
	return ledger.VoucherID(newestOf(t, db, `SELECT max(id) FROM ledger.voucher WHERE kind = '`+kind+`' AND lines > 1000`))
}
