package ledger_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

func init() {
	pgtest.AfterEach("ledger", func(ctx context.Context, db *pgxpool.Pool) error {
		if _, _, err := ledger.Seal(ctx, db, calendar.Must(2026, 12, 31).Start()); err != nil {
			return err
		}
		return ledger.CheckAll(ctx, db)
	})
}

func TestEveryQueryPrepares(t *testing.T) { t.Parallel(); pgtest.PrepareAll(t, ".") }
