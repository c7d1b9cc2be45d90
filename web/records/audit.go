package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// Act is one record of who did what.
type Act struct {
	ID      int64
	ChainNo int64 // 0: not in the chain yet
	At      time.Time
	Actor   string
	Act     string
	Subject string
	Detail  string // canonical JSON
}

// ActFilter selects acts; zero values select all, newest first.
type ActFilter struct {
	Actor, Act, Subject string
	From, To            time.Time // To excluded
	Before              ActKey    // where the last page ended
	Want                int
}

// ActKey is where a walk through acts ended.
type ActKey struct {
	At time.Time
	ID int64
}

const actFilter = `
   AND @actor IN ('', r.actor)
   AND @act IN ('', r.act)
   AND @subject IN ('', r.subject)
   AND r.at >= @from AND r.at < @to`

const actWalk = `
   AND r.at <= @at AND (r.at < @at OR r.id < @id)` + actFilter + `
 ORDER BY r.at DESC, r.id DESC
 LIMIT @limit`

const actColumns = ` r.id, coalesce(c.chain_no, 0), r.at, r.actor, r.act, r.subject, r.detail
  FROM audit.record AS r
  LEFT JOIN audit.chain AS c ON c.record = r.id`

// Each filter that narrows much walks an index of its own; the planner, asked
// for any of them in one statement, would have to choose before it knows.
const (
	sqlActs          = `SELECT` + actColumns + ` WHERE true` + actWalk
	sqlActsOfActor   = `SELECT` + actColumns + ` WHERE r.actor = @actor` + actWalk
	sqlActsOfKind    = `SELECT` + actColumns + ` WHERE r.act = @act` + actWalk
	sqlActsOnSubject = `SELECT` + actColumns + ` WHERE r.subject = @subject` + actWalk
)

const (
	actCount            = actFilter + ` ORDER BY r.at DESC, r.id DESC LIMIT @most) AS few`
	sqlCountActs        = `SELECT count(*) FROM (SELECT 1 FROM audit.record AS r WHERE true` + actCount
	sqlCountActsOfActor = `SELECT count(*) FROM (SELECT 1 FROM audit.record AS r WHERE r.actor = @actor` + actCount
	sqlCountActsOfKind  = `SELECT count(*) FROM (SELECT 1 FROM audit.record AS r WHERE r.act = @act` + actCount
	sqlCountActsOn      = `SELECT count(*) FROM (SELECT 1 FROM audit.record AS r WHERE r.subject = @subject` + actCount
)

func (f ActFilter) args() pgx.NamedArgs {
	args := pgx.NamedArgs{"actor": f.Actor, "act": f.Act, "subject": f.Subject, "from": f.From, "to": f.To, "at": f.Before.At, "id": f.Before.ID}
	if f.To.IsZero() {
		args["to"] = endOfTime
	}
	if f.Before.ID == 0 {
		args["at"], args["id"] = args["to"], atEnd
	}
	return args
}

// Acts is a page of acts, newest first.
func Acts(ctx context.Context, db pgdb.Querier, f ActFilter) (page []Act, more bool, err error) {
	sql := sqlActs
	switch {
	case f.Subject != "":
		sql = sqlActsOnSubject
	case f.Actor != "":
		sql = sqlActsOfActor
	case f.Act != "":
		sql = sqlActsOfKind
	}
	args := f.args()
	args["limit"] = limit(f.Want)
	rows, _ := db.Query(ctx, sql, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Act])
	if err != nil {
		return nil, false, fmt.Errorf("acts: %w", err)
	}
	page, more = cut(list, f.Want)
	return page, more, nil
}

// CountActs counts what the filter selects, to CountMax+1.
func CountActs(ctx context.Context, db pgdb.Querier, f ActFilter) (int64, error) {
	sql := sqlCountActs
	switch {
	case f.Subject != "":
		sql = sqlCountActsOn
	case f.Actor != "":
		sql = sqlCountActsOfActor
	case f.Act != "":
		sql = sqlCountActsOfKind
	}
	return count(ctx, db, sql, f.args())
}

// The kinds of acts there are, by jumping from one to the next in the index:
// there are tens of kinds and millions of acts.
const sqlActKinds = `
WITH RECURSIVE kind (act) AS (
    (SELECT r.act FROM audit.record AS r ORDER BY r.act LIMIT 1)
     UNION ALL
    SELECT (SELECT r.act FROM audit.record AS r WHERE r.act > kind.act ORDER BY r.act LIMIT 1) FROM kind WHERE kind.act IS NOT NULL
)
SELECT act FROM kind WHERE act IS NOT NULL LIMIT 200`

// ActKinds lists the kinds of acts that were ever recorded.
func ActKinds(ctx context.Context, db pgdb.Querier) ([]string, error) {
	rows, _ := db.Query(ctx, sqlActKinds)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("kinds of acts: %w", err)
	}
	return list, nil
}
