package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry/verification"
)

// VerificationRow is one verification of a list: how far it is, and what waits.
type VerificationRow struct {
	ID      int64
	List    int64
	Unit    string
	UnitVI  string
	Source  verification.Source
	Total   int64
	By      string
	At      time.Time
	Ended   *time.Time
	Waiting int64 // people not asked about yet
	Open    int64 // differences nobody has ended
}

// Asked is about how many people the other side was asked.
func (r VerificationRow) Asked() int64 { return r.Total - r.Waiting }

const verificationColumns = `v.id, v.list, l.unit_code, coalesce(u.name_vi, l.unit_code), v.source, v.total, v.made_by, v.made_at, v.ended_at,
       (SELECT count(*) FROM registry.verification_item AS i WHERE i.verification = v.id AND i.verdict = 'waiting'),
       (SELECT count(*) FROM registry.difference_open AS d WHERE d.verification = v.id)
  FROM registry.verification AS v
  JOIN registry.list AS l ON l.id = v.list
  LEFT JOIN registry.unit AS u ON u.code = l.unit_code AND u.valid_from = l.unit_valid_from`

const sqlVerifications = `
SELECT ` + verificationColumns + `
 WHERE v.id < @before AND @unit IN ('', l.unit_code)
 ORDER BY v.id DESC
 LIMIT @limit`

// Verifications is a page of them, the newest first, after a number (0 = from the
// newest).
func Verifications(ctx context.Context, db pgdb.Querier, unit string, before int64) (page []VerificationRow, more bool, err error) {
	if before == 0 {
		before = atEnd
	}
	rows, _ := db.Query(ctx, sqlVerifications, pgx.NamedArgs{"unit": unit, "before": before, "limit": limit(0)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[VerificationRow])
	if err != nil {
		return nil, false, fmt.Errorf("verifications: %w", err)
	}
	page, more = cut(list, 0)
	return page, more, nil
}

const sqlVerification = `SELECT ` + verificationColumns + ` WHERE v.id = @id`

// ReadVerification reads one, or says that there is none.
func ReadVerification(ctx context.Context, db pgdb.Querier, id int64) (VerificationRow, error) {
	rows, _ := db.Query(ctx, sqlVerification, pgx.NamedArgs{"id": id})
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[VerificationRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return r, errs.Coded(errs.NotFound, "VERIFY-NONE", fmt.Sprintf("Không có việc đối chiếu số %d. / There is no verification %d.", id, id), verification.ErrNoJob)
	}
	if err != nil {
		return r, fmt.Errorf("verification %d: %w", id, err)
	}
	return r, nil
}

const sqlCountVerifications = `
SELECT count(*) FROM (SELECT 1 FROM registry.verification AS v JOIN registry.list AS l ON l.id = v.list
                       WHERE @unit IN ('', l.unit_code) ORDER BY v.id DESC LIMIT @most) AS few`

// CountVerifications counts them, to CountMax+1.
func CountVerifications(ctx context.Context, db pgdb.Querier, unit string) (int64, error) {
	return count(ctx, db, sqlCountVerifications, pgx.NamedArgs{"unit": unit})
}
