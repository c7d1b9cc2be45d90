package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// CandidateAges are the ages at which a right or a gift begins.
var CandidateAges = []int{70, 75, 80, 90, 100}

// CandidateQuery asks who should be on the lists of a programme and is on none.
type CandidateQuery struct {
	Programme string
	// Month is that of the lists, zero where the programme is paid once.
	Month calendar.Date
	// From and To are the days between which a birthday or a decision counts.
	From, To calendar.Date
	Ages     []int // that give a right, such as 70, 75, 80, 90, 100
	// Last are the programmes of last time.
	Last []string
	// Categories are those the programme pays; a decision about another gives no
	// right to it.
	Categories []string
	Unit       string // code of one commune; "" = all
}

// Why says what makes somebody a candidate.
type Why string

// The reasons, in the order people read them.
const (
	WhyBirthday Why = "birthday" // reaches an age in the period
	WhyLast     Why = "last"     // entitled last time
	WhyDecision Why = "decision" // a decision stands on another list or in the record
)

// Words says the reason in Vietnamese and English.
func (w Why) Words() (vi, en string) {
	switch w {
	case WhyBirthday:
		return "đến tuổi", "reaches the age"
	case WhyLast:
		return "lần trước được hưởng", "entitled last time"
	default:
		return "có quyết định", "has a decision"
	}
}

// Candidate is somebody whom the data shows and no list holds. He is work for a
// person to look at, and is never paid by this.
type Candidate struct {
	Why       Why    `json:"why"`
	Person    int64  `json:"person"`
	Name      string `json:"name"`
	BirthYear int    `json:"birth_year"`
	Unit      string `json:"unit"`
	UnitName  string `json:"unit_name"`
	// What is the age reached, the programme of last time or the decision's number.
	What string `json:"what"`
	// On is the birthday or the decision's date; "" where only the year is known.
	On string `json:"on"`
	// Category is "" for a birthday, and where its name reveals too much.
	Category string `json:"category"`
}

// sqlCandidates leaves out whoever a list of the programme and month names, the dead, and
// records that another one speaks for.
const sqlCandidates = `
WITH wanted AS (
    SELECT 1 AS turn, 'birthday' AS why, p.id AS person, a.age::text AS what,
           CASE WHEN p.birth_precision = 'day' THEN (p.birth_date + make_interval(years => a.age))::date END AS day, '' AS category
      FROM registry.person p
      JOIN unnest(@ages::integer[]) AS a (age) ON p.birth_year + a.age BETWEEN @year_from AND @year_to
     WHERE p.birth_precision = 'year'
        OR (p.birth_date + make_interval(years => a.age))::date BETWEEN
           CASE p.birth_precision WHEN 'month' THEN date_trunc('month', @from::date)::date ELSE @from::date END AND @to::date
    UNION ALL
    SELECT 2, 'last', w.person, max(l.programme), NULL, max(w.category)
      FROM registry.list l
      JOIN registry.list_row w ON w.list = l.id
     WHERE l.programme = ANY (@last::text[])
     GROUP BY w.person
    UNION ALL
    SELECT 3, 'decision', d.person, d.decision_no, d.decision_date, d.category
      FROM (SELECT DISTINCT ON (w.person) w.person, w.decision_no, w.decision_date, w.category
              FROM registry.list_row w
             WHERE w.decision_no <> '' AND w.decision_date BETWEEN @from AND @to AND w.category = ANY (@categories::text[])
             ORDER BY w.person, w.decision_date DESC) d
    UNION ALL
    SELECT 3, 'decision', s.person, a.paper_no, a.paper_date, s.category
      FROM registry.standing s
      JOIN registry.act a ON a.id = s.act
     WHERE s.state = 'active' AND a.paper_no <> '' AND s.category = ANY (@categories::text[])
       AND coalesce(a.paper_date, s.valid_from) BETWEEN @from AND @to
)
SELECT w.why, p.id, p.name, coalesce(p.birth_year, 0), p.unit_code, coalesce(u.name_vi, ''), w.what, coalesce(w.day::text, ''),
       CASE WHEN coalesce(c.sensitive, 0) <= @shown THEN w.category ELSE '' END
  FROM wanted w
  JOIN registry.person p ON p.id = w.person
  LEFT JOIN registry.unit u ON u.code = p.unit_code AND u.valid_from = p.unit_valid_from
  LEFT JOIN registry.category c ON c.code = w.category
 WHERE (@unit = '' OR p.unit_code = @unit)
   AND NOT EXISTS (SELECT 1 FROM registry.list_row r JOIN registry.list l ON l.id = r.list
                    WHERE r.person = p.id AND l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date)
   AND NOT EXISTS (SELECT 1 FROM registry.death_now d WHERE d.person = p.id)
   AND NOT EXISTS (SELECT 1 FROM registry.same_person m WHERE m.gone = p.id)
 ORDER BY p.unit_code, w.turn, p.name_fold, p.id, w.what`

// Candidates searches the registry for people who should be on a list of the
// programme: a birthday in the period, entitled last time, a decision. A person
// may come for several reasons.
func Candidates(ctx context.Context, db pgdb.Querier, q CandidateQuery) ([]Candidate, error) {
	rows, err := db.Query(ctx, sqlCandidates, pgx.NamedArgs{"programme": q.Programme, "month": q.Month, "from": dateUTC(q.From), "to": dateUTC(q.To),
		"year_from": q.From.Year(), "year_to": q.To.Year(), "ages": q.Ages, "last": q.Last, "categories": q.Categories, "unit": q.Unit, "shown": sensitiveShown})
	if err != nil {
		return nil, fmt.Errorf("search candidates of %s: %w", q.Programme, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Candidate])
	if err != nil {
		return nil, fmt.Errorf("search candidates of %s: %w", q.Programme, err)
	}
	return found, nil
}
