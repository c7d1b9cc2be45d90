package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// Ladder lists the roles of which each must approve a section of this total.
func Ladder(ctx context.Context, db pgdb.Querier, total money.Amount) ([]string, error) {
	rows, _ := db.Query(ctx, sqlLadder, pgx.NamedArgs{"total": total})
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("ladder: %w", err)
	}
	return roles, nil
}

// MayApprove returns nil if Approve would take a seal of this signer under the
// section as it stands, else the refusal, for a page that says so in place of
// the button. It does not read the payments; Approve looks at everything again.
func MayApprove(ctx context.Context, db pgdb.Querier, b Batch, s Section, signer string, now time.Time) error {
	if s.State != "submitted" {
		return errs.Coded(errs.Conflict, "PAYOUT-SECTION-STATE", fmt.Sprintf("%s đang ở trạng thái %s, không chờ phê duyệt. / "+
			"%s is %s, not waiting for approval.", s.UnitNameVI, sectionWordVI[s.State], s.UnitNameVI, s.State), ErrSectionState)
	}
	who, err := ReadSigner(ctx, db, signer)
	if err != nil {
		return err
	}
	roles, err := Ladder(ctx, db, s.Total)
	if err != nil {
		return err
	}
	return who.mayApprove(b, s, roles, calendar.DateOf(now))
}
