package payout

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Changes is how a section differs from the programme's previous period in the
// unit, which is the last month before it that was planned there: people more,
// people fewer, and people on both with another channel or account. Outside is how
// many rows of the unit's lists, refused or left out, nobody decided yet. Fresh and
// Differs count payments of the section that rest until that is settled. Without a
// previous batch everybody is more.
type Changes struct {
	More    int64
	Fewer   int64
	Account int64
	Outside int64
	Fresh   int64 // payments that rest because their account changed lately
	Differs int64 // and others because a register or bank says otherwise
	Staff   int64 // and others because their account is one of staff
}

// ApprovalSheet is what an approver reads, and what the seal covers.
type ApprovalSheet struct {
	Batch   Batch
	Section Section
	Changes Changes
	Line    string // the sentence, first on paper and screen
}

// Purpose is what an approval seal is for; it is covered by the signature.
const Purpose = "approve-section/v1"

// sqlChanges compares with all cuts of the period before. The first cut of the
// same period is no predecessor of a supplementary one: its people are not gone, and
// who left since the period before was said on its sheet already.
const sqlChanges = `
WITH previous AS (
    SELECT b.id, s.no
      FROM payout.batch AS b JOIN payout.section AS s ON s.batch = b.id
     WHERE b.programme = @programme AND s.unit_code = @unit AND s.state <> 'withdrawn'
       AND b.period = (SELECT max(e.period)
                         FROM payout.batch AS e JOIN payout.section AS x ON x.batch = e.id AND x.state <> 'withdrawn'
                        WHERE e.programme = @programme AND x.unit_code = @unit AND e.period < @period)
), first AS (
    SELECT NOT EXISTS (SELECT 1 FROM payout.batch AS e
                         JOIN payout.section AS x ON x.batch = e.id AND x.unit_code = @unit AND x.state <> 'withdrawn'
                        WHERE e.programme = @programme AND e.period = @period
                          AND (e.planned_at, e.id) < (@planned::timestamptz, @batch::integer)) AS cut
), before AS (
    SELECT p.person, p.channel, p.account_index
      FROM previous AS v JOIN payout.payment AS p ON p.batch = v.id AND p.section = v.no
     WHERE NOT EXISTS (SELECT 1 FROM payout.cancelled AS c WHERE c.batch = p.batch AND c.payment = p.no)
), after AS (
    SELECT p.person, p.channel, p.account_index
      FROM payout.payment AS p
     WHERE p.batch = @batch AND p.section = @section
       AND p.no BETWEEN (SELECT min(r.from_no) FROM payout.run AS r WHERE r.batch = @batch AND r.section = @section)
                    AND (SELECT max(r.to_no) FROM payout.run AS r WHERE r.batch = @batch AND r.section = @section)
)
SELECT count(*) FILTER (WHERE b.person IS NULL), count(*) FILTER (WHERE a.person IS NULL AND (SELECT f.cut FROM first AS f)),
       count(*) FILTER (WHERE b.person IS NOT NULL AND a.person IS NOT NULL
                          AND (a.channel <> b.channel OR a.account_index IS DISTINCT FROM b.account_index)),
       (SELECT count(*) FROM payout.open_row AS o
         WHERE o.batch = @batch AND o.unit_code = @unit AND o.unit_valid_from = @unit_from)
  FROM after AS a FULL JOIN before AS b ON b.person = a.person`

// ReadApprovalSheet makes the sheet of a section as it stands now.
func ReadApprovalSheet(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, section int16) (ApprovalSheet, error) {
	b, err := ReadBatch(ctx, db, batch)
	if err != nil {
		return ApprovalSheet{}, err
	}
	s, err := readSection(ctx, db, batch, section)
	if err != nil {
		return ApprovalSheet{}, err
	}
	return sheetOf(ctx, db, b, s)
}

func sheetOf(ctx context.Context, db pgdb.Querier, b Batch, s Section) (ApprovalSheet, error) {
	var c Changes
	err := db.QueryRow(ctx, sqlChanges, pgx.NamedArgs{"programme": b.Programme, "batch": b.ID, "section": s.No, "period": b.Period, "planned": b.PlannedAt,
		"unit": s.UnitCode, "unit_from": s.UnitValidFrom}).Scan(&c.More, &c.Fewer, &c.Account, &c.Outside)
	if err != nil {
		return ApprovalSheet{}, fmt.Errorf("changes of section %d/%d: %w", b.ID, s.No, err)
	}
	rests, err := restingOf(ctx, db, b.ID, s.No)
	if err != nil {
		return ApprovalSheet{}, err
	}
	c.Fresh, c.Differs, c.Staff = rests.Fresh, rests.Differs, rests.Staff
	words, err := money.Words(s.Total)
	if err != nil {
		return ApprovalSheet{}, fmt.Errorf("section %d/%d: %w", b.ID, s.No, err)
	}
	return ApprovalSheet{Batch: b, Section: s, Changes: c, Line: fmt.Sprintf(
		"Đồng ý chi %s người, %s đồng (bằng chữ: %s), tăng %s, giảm %s, đổi tài khoản %s, ngoài danh sách %s",
		grouped(s.Count), s.Total, words, grouped(c.More), grouped(c.Fewer), grouped(c.Account), grouped(c.Outside)) + c.resting()}, nil
}

// resting says how many of the payments wait, and nothing where none does.
func (c Changes) resting() string {
	text := ""
	if c.Fresh > 0 {
		text += fmt.Sprintf(", trong đó %s tài khoản mới đổi, chờ xác minh", grouped(c.Fresh))
	}
	if c.Differs > 0 {
		text += fmt.Sprintf(", trong đó %s khoản khác kết quả đối chiếu, chờ quyết định", grouped(c.Differs))
	}
	if c.Staff > 0 {
		text += fmt.Sprintf(", trong đó %s khoản vào tài khoản của cán bộ, không chi", grouped(c.Staff))
	}
	return text
}

// Content is the canonical text that a seal covers: the sentence, the code, and
// below them one fact a line. Anything that changes before the approval changes
// this text, and a seal under the old one no longer fits.
func (a ApprovalSheet) Content() []byte {
	s := a.Section
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nMã %s\n", a.Line, s.Code)
	fmt.Fprintf(&b, "batch %d\nprogramme %s\nperiod %s\ndecision %s\n", a.Batch.ID, a.Batch.Programme, a.Batch.Period, a.Batch.DecisionNo)
	fmt.Fprintf(&b, "section %d\nunit %s %s %s\nbook %d\n", s.No, s.UnitCode, s.UnitValidFrom, s.UnitNameVI, s.Book)
	fmt.Fprintf(&b, "count %d\ntotal %s\ndigest %x\n", s.Count, s.Total.Exact(), s.Digest)
	return []byte(b.String())
}
