package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// SectionFilter narrows the sections of a batch.
type SectionFilter struct {
	State string // planned, submitted, approved, released
	Text  string // in the unit's name, or its code
	Unit  string // only this unit
	Page  int    // from 1
}

// SectionRow is one unit's part of a batch with its approvals: Roles must
// approve, those in Have did. Cancelled payments are counted in.
type SectionRow struct {
	No          int16
	UnitCode    string
	Unit        string
	Count       int64
	Total       money.Amount
	State       string
	Code        string
	SubmittedBy string
	SubmittedAt *time.Time
	ApprovedAt  *time.Time
	Roles       []string
	Have        []string
	Found       int64
	AllCount    int64
	AllTotal    money.Amount
}

// Missing lists the roles still waited for.
func (s SectionRow) Missing() []string {
	var missing []string
	for _, r := range s.Roles {
		found := false
		for _, h := range s.Have {
			found = found || h == r
		}
		if !found {
			missing = append(missing, r)
		}
	}
	return missing
}

const sqlSectionRows = `
SELECT s.no, s.unit_code, s.unit_name_vi, s.count, s.total, s.state, s.code, s.submitted_by, s.submitted_at, s.approved_at,
       ARRAY(SELECT DISTINCT l.role FROM payout.ladder AS l WHERE l.total_from <= s.total ORDER BY l.role),
       ARRAY(SELECT DISTINCT g.role FROM payout.approval AS a JOIN payout.signer AS g ON g.id = a.signer
              WHERE a.batch = s.batch AND a.section = s.no AND a.digest = s.digest ORDER BY g.role),
       count(*) OVER (), sum(s.count) OVER ()::bigint, sum(s.total) OVER ()::bigint
  FROM payout.section AS s
 WHERE s.batch = @batch
   AND (@unit = '' OR s.unit_code = @unit)
   AND (@state = '' OR s.state = @state)
   AND (@text = '' OR position(lower(@text) IN lower(s.unit_name_vi)) > 0 OR s.unit_code = @text)
 ORDER BY s.no
 LIMIT @limit OFFSET @offset`

// Sections lists a page of a batch's sections in unit order.
func Sections(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, f SectionFilter) ([]SectionRow, error) {
	rows, _ := db.Query(ctx, sqlSectionRows, pgx.NamedArgs{"batch": batch, "unit": f.Unit, "state": f.State, "text": f.Text,
		"limit": PageSize, "offset": max(0, f.Page-1) * PageSize})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SectionRow])
	if err != nil {
		return nil, fmt.Errorf("sections of batch %d: %w", batch, err)
	}
	return list, nil
}

// SectionCounts says how many sections of a batch are where.
type SectionCounts struct {
	Planned, Submitted, Approved, Released int64
	Count                                  int64
	Total                                  money.Amount
}

// All is how many sections there are.
func (c SectionCounts) All() int64 { return c.Planned + c.Submitted + c.Approved + c.Released }

const sqlSectionCounts = `
SELECT count(*) FILTER (WHERE s.state = 'planned'), count(*) FILTER (WHERE s.state = 'submitted'),
       count(*) FILTER (WHERE s.state = 'approved'), count(*) FILTER (WHERE s.state = 'released'),
       coalesce(sum(s.count), 0)::bigint, coalesce(sum(s.total), 0)::bigint
  FROM payout.section AS s WHERE s.batch = @batch AND (@unit = '' OR s.unit_code = @unit)`

// CountSections counts a batch's sections, or those of one unit.
func CountSections(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, unit string) (SectionCounts, error) {
	rows, _ := db.Query(ctx, sqlSectionCounts, pgx.NamedArgs{"batch": batch, "unit": unit})
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[SectionCounts])
	if err != nil {
		return SectionCounts{}, fmt.Errorf("sections of batch %d: %w", batch, err)
	}
	return c, nil
}

// Approval is one person's seal under a section.
type Approval struct {
	Signer string
	Name   string
	Title  string
	Role   string
	At     time.Time
	Valid  bool // it covers what the section is now
	Seal   []byte
}

const sqlApprovals = `
SELECT a.signer, g.name_vi, g.title_vi, g.role, a.at, a.digest = s.digest, a.seal
  FROM payout.approval AS a
  JOIN payout.signer AS g ON g.id = a.signer
  JOIN payout.section AS s ON s.batch = a.batch AND s.no = a.section
 WHERE a.batch = @batch AND a.section = @section
 ORDER BY a.at, a.signer`

// Approvals lists the seals under a section, oldest first.
func Approvals(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, section int16) ([]Approval, error) {
	rows, _ := db.Query(ctx, sqlApprovals, pgx.NamedArgs{"batch": batch, "section": section})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Approval])
	if err != nil {
		return nil, fmt.Errorf("approvals of section %d/%d: %w", batch, section, err)
	}
	return list, nil
}

// Way is how many payments of a section go through one channel.
type Way struct {
	Channel bankadapters.Key
	Name    string
	Count   int64
	Total   money.Amount
}

const sqlWays = `
SELECT r.channel, c.name_vi, r.count, r.total
  FROM payout.run AS r JOIN payout.channel AS c ON c.key = r.channel
 WHERE r.batch = @batch AND r.section = @section
 ORDER BY c.ordinal`

// Ways lists the channels of a section.
func Ways(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, section int16) ([]Way, error) {
	rows, _ := db.Query(ctx, sqlWays, pgx.NamedArgs{"batch": batch, "section": section})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Way])
	if err != nil {
		return nil, fmt.Errorf("channels of section %d/%d: %w", batch, section, err)
	}
	return list, nil
}

const sqlUnitChoices = `
SELECT s.no::text, s.unit_name_vi FROM payout.section AS s
 WHERE s.batch = @batch AND (@unit = '' OR s.unit_code = @unit) ORDER BY s.unit_name_vi, s.no LIMIT 500`

// UnitChoices lists the sections of a batch by unit, for a filter; the first 500
// of a national batch.
func UnitChoices(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, unit string) ([]Choice, error) {
	rows, _ := db.Query(ctx, sqlUnitChoices, pgx.NamedArgs{"batch": batch, "unit": unit})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Choice])
	if err != nil {
		return nil, fmt.Errorf("units of batch %d: %w", batch, err)
	}
	return list, nil
}
