package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
)

// Claims finds the staged rows of a list that ask for what a batch already holds.
// Whoever plans batches provides it: the registry knows of none. It reads
// registry.staged inside the transaction of the import. The month is the list's. It is
// not asked about a list on which nobody is known: whom no list named, no batch can
// hold.
type Claims func(ctx context.Context, tx pgx.Tx, programme string, month calendar.Date, list int64) ([]Claimed, error)

// Claimed is one such row, with the batch, and the list and row it took it from.
type Claimed struct {
	Row     int
	Batch   int64
	List    int64
	ListRow int
	Person  int64 // whose right it is
}

// meet holds the staged rows against what is registered: set-wise, one statement
// for each question, each walking from the stage to a key. Rows it refuses leave
// the stage.
func (s *stage) meet(ctx context.Context, list List, options ImportOptions) ([]Finding, error) {
	m := s.meeting(list, options)
	for _, step := range []func(context.Context, List) error{m.staff, m.accounts, m.communes, m.merged, m.dead, m.resting, m.claims} {
		if err := step(ctx, list); err != nil {
			return nil, err
		}
	}
	if err := m.remove(ctx); err != nil {
		return nil, err
	}
	return m.findings, nil
}

// meeting is the questions about one list.
func (s *stage) meeting(list List, options ImportOptions) *meeting {
	m := &meeting{stage: s, options: options, lines: make(map[int]Line, len(list.Lines))}
	for _, line := range list.Lines {
		m.lines[line.Row] = line
	}
	return m
}

type meeting struct {
	*stage
	options  ImportOptions
	lines    map[int]Line
	findings []Finding
}

func (m *meeting) find(list List, row int, code Code, c Column, args ...any) {
	m.findings = append(m.findings, list.about(code, m.lines[row], c, args))
}

const sqlStaffAccounts = `
SELECT s.row_no, a.owner
  FROM registry.staff_account a
  JOIN registry.stage s ON s.account_index = a.account_index AND s.bank_bin = a.bank_bin
 WHERE s.list = @list
 ORDER BY s.row_no`

func (m *meeting) staff(ctx context.Context, list List) error {
	rows, _ := m.tx.Query(ctx, sqlStaffAccounts, m.args())
	var row int
	var owner string
	_, err := pgx.ForEachRow(rows, []any{&row, &owner}, func() error {
		m.find(list, row, AccountStaff, ColAccount, owner)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for staff accounts in list %d: %w", m.list, err)
	}
	return nil
}

// Who else is paid to an account, unless a registered paper explains it. Whether
// they stand on this list too is seen by the caller, who knows its ids: the stage
// is never joined with itself.
const sqlAccountOthers = `
SELECT s.row_no, p.id_index
  FROM registry.stage s
  JOIN registry.channel c ON c.account_index = s.account_index AND c.bank_bin = s.bank_bin
  JOIN registry.person p ON p.id = c.person
 WHERE s.list = @list
   AND s.first_of_person
   AND (p.id_index = s.id_index OR p.local_key = s.local_key) IS NOT TRUE
 ORDER BY s.row_no`

// accounts counts, for each row whose account others of other lists are paid to,
// all who are.
func (m *meeting) accounts(ctx context.Context, list List) error {
	rows, _ := m.tx.Query(ctx, sqlAccountOthers, m.args())
	others := make(map[int][][]byte)
	var row int
	var index []byte
	if _, err := pgx.ForEachRow(rows, []any{&row, &index}, func() error {
		others[row] = append(others[row], slices.Clone(index))
		return nil
	}); err != nil {
		return fmt.Errorf("look for shared accounts in list %d: %w", m.list, err)
	}
	if len(others) == 0 {
		return nil
	}
	here := make(map[string]bool)
	people := make(map[bankAccount]map[personAccount]bool) // of this list, without papers
	for _, line := range list.Lines {
		if line.ID != "" {
			here[string(m.keys.Index(crypt.FieldID, line.ID))] = true
		}
		if account := (bankAccount{line.BankBIN, line.Account}); line.Account != "" && !line.HasPapers() {
			if people[account] == nil {
				people[account] = make(map[personAccount]bool)
			}
			people[account][personAccount{id: line.ID, local: line.local()}] = true
		}
	}
	for row, indexes := range others {
		line := m.lines[row]
		elsewhere := 0
		for _, index := range indexes {
			if !here[string(index)] {
				elsewhere++
			}
		}
		if elsewhere == 0 || line.owns() || line.HasPapers() {
			continue
		}
		all := elsewhere + len(people[bankAccount{line.BankBIN, line.Account}])
		if all > accountPeopleMax {
			m.find(list, row, AccountMany, ColAccount, all, "danh sách khác")
		} else {
			m.find(list, row, AccountShared, ColAccount, all-1, "danh sách khác")
		}
	}
	slices.SortStableFunc(m.findings, func(a, b Finding) int { return a.Row - b.Row })
	return nil
}

// A person whose home is another commune, and the latest list of another commune
// for the same programme, month and category that the person stands on.
const sqlOtherCommunes = `
SELECT s.row_no, h.name_vi, coalesce(w.list, 0), coalesce(w.row_no, 0), coalesce(w.name_vi, '')
  FROM registry.stage s
  JOIN registry.person p ON p.id_index = s.id_index
  JOIN registry.unit h ON h.code = p.unit_code AND h.valid_from = p.unit_valid_from
  LEFT JOIN LATERAL (
       SELECT w.list, w.row_no, u.name_vi
         FROM registry.list_row w
         JOIN registry.list l ON l.id = w.list
         JOIN registry.unit u ON u.code = l.unit_code AND u.valid_from = l.unit_valid_from
        WHERE w.person = p.id AND w.category = s.category AND l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date AND l.unit_code <> @unit
        ORDER BY w.list DESC
        LIMIT 1) w ON true
 WHERE s.list = @list
   AND p.unit_code <> @unit
 ORDER BY s.row_no`

func (m *meeting) communes(ctx context.Context, list List) error {
	args := m.args()
	args["programme"], args["month"] = m.options.Programme, m.options.Month
	rows, _ := m.tx.Query(ctx, sqlOtherCommunes, args)
	var row, listRow int
	var other int64
	var home, unit string
	_, err := pgx.ForEachRow(rows, []any{&row, &home, &other, &listRow, &unit}, func() error {
		if other != 0 {
			m.find(list, row, PersonList, ColID, other, unit, listRow)
		} else {
			m.find(list, row, PersonCommune, ColID, home)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for people of other communes in list %d: %w", m.list, err)
	}
	return nil
}

// From the few merged records to the list. What the row says of an account is kept
// with a record that money does not follow.
const sqlMergedPeople = `
SELECT s.row_no
  FROM registry.same_person a
  JOIN registry.person p ON p.id = a.gone
  JOIN registry.stage s ON s.id_index = p.id_index
  LEFT JOIN registry.channel c ON c.person = a.kept AND c.rank = 1
 WHERE s.list = @list
   AND (c.method IS DISTINCT FROM s.method OR c.bank_bin <> s.bank_bin OR c.account_index IS DISTINCT FROM s.account_index)
 ORDER BY s.row_no`

// merged flags rows that ask for another way of payment under an id whose record was
// merged into another: the way is the other one's.
func (m *meeting) merged(ctx context.Context, list List) error {
	rows, _ := m.tx.Query(ctx, sqlMergedPeople, m.args())
	var row int
	_, err := pgx.ForEachRow(rows, []any{&row}, func() error {
		m.find(list, row, PersonMerged, ColID)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for merged records in list %d: %w", m.list, err)
	}
	return nil
}

// From the few dead to the list, not the other way round. What was due for the month
// of a death and those before it is still due: the rows of a list of such a month are
// taken, and the plan pays an heir or carer, or leaves the row open for one.
const sqlDeadPeople = `
WITH gone AS (
    SELECT p.id_index, p.local_key, x.died
      FROM (SELECT d.person, to_char(d.died_on, 'DD/MM/YYYY') AS died FROM registry.death_now d
             WHERE @month::date IS NULL OR d.died_on < @month::date
             UNION ALL
            SELECT w.person, '' FROM registry.death_waiting w) x
      JOIN registry.person p ON p.id = x.person
)
SELECT s.row_no, g.died FROM gone g JOIN registry.stage s ON s.id_index = g.id_index WHERE s.list = @list
 UNION
SELECT s.row_no, g.died FROM gone g JOIN registry.stage s ON s.local_key = g.local_key WHERE s.list = @list
 ORDER BY row_no`

// dead refuses the rows of people whose death is recorded, and flags those of
// whom one person reported it: what is still due goes to an heir, by paper.
func (m *meeting) dead(ctx context.Context, list List) error {
	args := m.args()
	args["month"] = m.options.Month
	rows, _ := m.tx.Query(ctx, sqlDeadPeople, args)
	var row int
	var died string
	_, err := pgx.ForEachRow(rows, []any{&row, &died}, func() error {
		if died != "" {
			m.find(list, row, PersonDead, ColName, died)
		} else {
			m.find(list, row, PersonReported, ColName)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for the dead in list %d: %w", m.list, err)
	}
	return nil
}

const sqlRestingPeople = `
SELECT s.row_no, t.state
  FROM registry.staged s
  JOIN registry.standing_on(@day) t ON t.person = s.person AND t.category IN ('', s.category)
 WHERE s.list = @list
   AND t.state <> 'active'
 ORDER BY s.row_no`

// resting flags people whose money rests by a decision, or whose right ended: today,
// or in the month of the list.
func (m *meeting) resting(ctx context.Context, list List) error {
	args := m.args()
	args["day"] = calendar.DateOf(m.now)
	if !m.options.Month.IsZero() {
		args["day"] = m.options.Month
	}
	rows, _ := m.tx.Query(ctx, sqlRestingPeople, args)
	var row int
	var state string
	_, err := pgx.ForEachRow(rows, []any{&row, &state}, func() error {
		code := PersonSuspended
		if state == "ended" {
			code = PersonEnded
		}
		m.find(list, row, code, ColName)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for suspended people in list %d: %w", m.list, err)
	}
	return nil
}

func (m *meeting) claims(ctx context.Context, list List) error {
	if m.options.Claims == nil {
		return nil
	}
	claimed, err := m.options.Claims(ctx, m.tx, m.options.Programme, m.options.Month, m.list)
	if err != nil {
		return fmt.Errorf("look for list %d in batches: %w", m.list, err)
	}
	m.claimed = make(map[int]Claimed, len(claimed))
	for _, c := range claimed {
		m.claimed[c.Row] = c
		m.find(list, c.Row, PersonBatch, ColID, c.Batch, c.List, c.ListRow)
	}
	return nil
}

const sqlRemoveRows = `DELETE FROM registry.stage WHERE list = @list AND row_no = ANY (@rows)`

// A person who keeps other rows is staged by the first that is left.
const sqlFirstLeft = `
UPDATE registry.stage s
   SET first_of_person = true
  FROM (SELECT id_index, min(row_no) AS row_no, bool_or(first_of_person) AS known
          FROM registry.stage WHERE list = @list AND id_index IS NOT NULL
         GROUP BY id_index) k
 WHERE s.list = @list
   AND s.row_no = k.row_no
   AND NOT k.known`

// remove takes the refused rows out of the stage: a payment that another batch
// holds says nothing against the person's other rows.
func (m *meeting) remove(ctx context.Context) error {
	var refused []int32
	for _, f := range m.findings {
		if row := int32(f.Row); f.Refuses() && !slices.Contains(refused, row) {
			refused = append(refused, row)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	tag, err := m.tx.Exec(ctx, sqlRemoveRows, pgx.NamedArgs{"list": m.list, "rows": refused})
	if err != nil {
		return fmt.Errorf("remove rows of list %d: %w", m.list, err)
	}
	m.dropped += int(tag.RowsAffected())
	if _, err := m.tx.Exec(ctx, sqlFirstLeft, m.args()); err != nil {
		return fmt.Errorf("stage the rows left of list %d: %w", m.list, err)
	}
	return nil
}
