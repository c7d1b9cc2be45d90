package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// RequestWindow is how far a signed request's time may be from our clock.
const RequestWindow = 15 * time.Minute

// ErrReplay says that a nonce was used before with this key.
var ErrReplay = errors.New("the request was received before")

const sqlForgetNonces = `DELETE FROM reconciliation.nonce WHERE seen_at < @before`

const sqlRememberNonce = `
INSERT INTO reconciliation.nonce (key_id, nonce, seen_at) VALUES (@key, @nonce, @now) ON CONFLICT DO NOTHING`

// RememberNonce keeps a verified request's nonce for twice the window, or
// returns ErrReplay. Call it only after the signature was verified, or a
// stranger could use up a bank's nonces.
func RememberNonce(ctx context.Context, db pgdb.DB, keyID, nonce string, now time.Time) error {
	return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlForgetNonces, pgx.NamedArgs{"before": now.Add(-2 * RequestWindow)}); err != nil {
			return fmt.Errorf("forget old nonces: %w", err)
		}
		tag, err := tx.Exec(ctx, sqlRememberNonce, pgx.NamedArgs{"key": keyID, "nonce": nonce, "now": now})
		if err != nil {
			return fmt.Errorf("remember nonce: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrReplay
		}
		return nil
	})
}
