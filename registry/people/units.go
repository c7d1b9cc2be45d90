package people

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
	"ansinh/registry"
)

// The communes of Hanoi before 2025-07-01 and where they went. Origins and
// licences: registry/data/NOTICE.md.
//
//go:embed data/*.csv
var unitFiles embed.FS

// The three periods of Hanoi's communes.
var (
	units2024 = calendar.Must(2023, 4, 10)
	units2025 = calendar.Must(2025, 1, 1)
	unitsNow  = calendar.Must(2025, 7, 1)
)

const mappingOrigin = "vietnamadminunits, MIT, © 2025 Tran Ngoc Minh Hieu"

func unitTable(name string) ([]map[string]string, error) {
	file, err := unitFiles.Open("data/" + name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var table []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, heading := range records[0] {
			row[heading] = record[i]
		}
		table = append(table, row)
	}
	return table, nil
}

const sqlAddOldUnit = `
INSERT INTO registry.unit (code, valid_from, valid_to, name_vi, name_en, kind, parent_code)
SELECT t.code, @from, @to, t.name_vi, t.name_en, t.kind, t.parent
  FROM unnest(@codes::text[], @names_vi::text[], @names_en::text[], @kinds::text[], @parents::text[]) AS t (code, name_vi, name_en, kind, parent)
ON CONFLICT (code, valid_from) DO NOTHING`

const sqlAddUnitChange = `
INSERT INTO registry.unit_change (old_code, old_valid_from, new_code, new_valid_from, divided, origin)
SELECT t.old_code, t.old_from, t.new_code, t.new_from, t.divided, t.origin
  FROM unnest(@old_codes::text[], @old_froms::date[], @new_codes::text[], @new_froms::date[], @divided::boolean[], @origins::text[])
       AS t (old_code, old_from, new_code, new_from, divided, origin)
ON CONFLICT DO NOTHING`

// LoadUnitChanges adds the communes of 2024 and of early 2025 and the table of
// where they went. Again it adds nothing. A commune of 2024 counts as one of early
// 2025 only where code and name are the same; where they are not, nobody has told
// us, and its people wait for an answer.
func LoadUnitChanges(ctx context.Context, tx pgx.Tx) error {
	old, err := unitTable("units-2024.csv")
	if err != nil {
		return err
	}
	half, err := unitTable("units-2025h1.csv")
	if err != nil {
		return err
	}
	if err := addOldUnits(ctx, tx, old, units2024, calendar.Must(2024, 12, 31)); err != nil {
		return err
	}
	if err := addOldUnits(ctx, tx, half, units2025, calendar.Must(2025, 6, 30)); err != nil {
		return err
	}
	changes, err := unitTable("hanoi-communes-2025h1-to-2025.csv")
	if err != nil {
		return err
	}
	sameName := map[string]bool{}
	halfName := map[string]string{}
	for _, u := range half {
		halfName[u["code"]] = u["name_vi"]
	}
	for _, u := range old {
		sameName[u["code"]] = vntext.SameName(u["name_vi"], halfName[u["code"]])
	}
	var oldCodes, newCodes, origins []string
	var oldFroms, newFroms []time.Time
	var divided []bool
	add := func(row map[string]string, from calendar.Date) {
		oldCodes, newCodes, origins = append(oldCodes, row["old_code"]), append(newCodes, row["new_code"]), append(origins, mappingOrigin)
		oldFroms, newFroms = append(oldFroms, day(from)), append(newFroms, day(unitsNow))
		divided = append(divided, row["old_commune_divided"] == "true")
	}
	for _, row := range changes {
		add(row, units2025)
		if sameName[row["old_code"]] {
			add(row, units2024)
		}
	}
	_, err = tx.Exec(ctx, sqlAddUnitChange, pgx.NamedArgs{"old_codes": oldCodes, "old_froms": oldFroms, "new_codes": newCodes, "new_froms": newFroms,
		"divided": divided, "origins": origins})
	if err != nil {
		return fmt.Errorf("load changes of units: %w", err)
	}
	return nil
}

func addOldUnits(ctx context.Context, tx pgx.Tx, table []map[string]string, from, to calendar.Date) error {
	var codes, namesVI, namesEN, kinds, parents []string
	for _, u := range table {
		if u["level"] != "commune" {
			continue // communes only: districts are gone, and the city's code is in force still
		}
		codes, namesVI, namesEN = append(codes, u["code"]), append(namesVI, u["name_vi"]), append(namesEN, u["name_en"])
		kinds, parents = append(kinds, u["unit_type"]), append(parents, u["parent_code"])
	}
	_, err := tx.Exec(ctx, sqlAddOldUnit, pgx.NamedArgs{"from": from, "to": to, "codes": codes, "names_vi": namesVI, "names_en": namesEN,
		"kinds": kinds, "parents": parents})
	if err != nil {
		return fmt.Errorf("load units of %s: %w", from, err)
	}
	return nil
}

// day gives a date the shape arrays of dates take.
func day(d calendar.Date) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
}

// sqlMoveUnits moves the people of communes that went whole into one, each by an
// act of their own, and keeps what the record said before.
const sqlMoveUnits = `
WITH target AS (
    SELECT c.old_code, c.old_valid_from, min(c.new_code) AS new_code, min(c.new_valid_from) AS new_valid_from
      FROM registry.unit_change AS c
     GROUP BY c.old_code, c.old_valid_from
    HAVING count(*) = 1 AND NOT bool_or(c.divided)
), moving AS (
    SELECT p.id, p.unit_code, p.unit_valid_from, p.created_at, p.first_list, t.new_code, t.new_valid_from
      FROM registry.person AS p
      JOIN target AS t ON t.old_code = p.unit_code AND t.old_valid_from = p.unit_valid_from
     WHERE NOT EXISTS (SELECT 1 FROM registry.same_person AS s WHERE s.gone = p.id)
), act AS (
    INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
    SELECT nextval('registry.list_seq'), 'unit', m.id, m.unit_code, m.new_valid_from,
           format('{"change":{"Unit":{"Code":"%s","ValidFrom":"%s"}},"was":"%s %s"}', m.new_code, m.new_valid_from, m.unit_code, m.unit_valid_from),
           '', @why, false, @by, @now
      FROM moving AS m ORDER BY m.id
    RETURNING id, person
), decided AS (
    INSERT INTO registry.act_decision (act, outcome, by_two, text, at) SELECT a.id, 'done', '', '', @now FROM act AS a
), listed AS (
    INSERT INTO registry.person_fact (person, field, value, valid_from, known_at, list)
    SELECT m.id, 'unit', m.unit_code || ' ' || m.unit_valid_from, m.created_at::date, m.created_at, m.first_list
      FROM moving AS m
     WHERE NOT EXISTS (SELECT 1 FROM registry.person_fact AS f WHERE f.person = m.id AND f.field = 'unit')
), said AS (
    INSERT INTO registry.person_fact (person, field, value, valid_from, known_at, act)
    SELECT m.id, 'unit', m.new_code || ' ' || m.new_valid_from, m.new_valid_from, @now, a.id
      FROM moving AS m JOIN act AS a ON a.person = m.id
)
UPDATE registry.person AS p
   SET unit_code = m.new_code, unit_valid_from = m.new_valid_from, changed_at = @now
  FROM moving AS m WHERE p.id = m.id`

// MoveUnits moves the people of old communes that went whole into one new commune,
// and returns how many. Nobody of a divided commune, or of one the table does not
// know, is moved: they stand on the list of [UnitQuestions].
func (d *Desk) MoveUnits(ctx context.Context, by string) (int64, error) {
	var moved int64
	err := pgdb.InTx(ctx, d.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLock); err != nil {
			return fmt.Errorf("lock acts: %w", err)
		}
		now := d.Now()
		if err := d.Office.InOffice(ctx, tx, calendar.DateOf(now), by); err != nil {
			return err
		}
		why := "Theo bảng chuyển đổi đơn vị hành chính từ 01/07/2025 / By the table of units from 2025-07-01"
		tag, err := tx.Exec(ctx, sqlMoveUnits, pgx.NamedArgs{"by": by, "now": now, "why": why})
		if err != nil {
			return fmt.Errorf("move people to new units: %w", err)
		}
		moved = tag.RowsAffected()
		_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "person.units", Subject: "units", Detail: map[string]any{"moved": moved}})
		return err
	})
	return moved, err
}

// UnitQuestion is a person whose new commune the table does not tell. A person
// answers with an act [LivesIn]; then the question is gone.
type UnitQuestion struct {
	Person     int64
	Name       string
	Group      string // thôn, tổ dân phố: often tells it
	Address    string
	Old        registry.UnitKey
	OldName    string
	Candidates []string // codes of new communes; empty = the table knows nothing
}

const sqlUnitQuestions = `
SELECT p.id, p.name, p.residential_group, p.address, p.unit_code, p.unit_valid_from, coalesce(u.name_vi, p.unit_code),
       coalesce((SELECT array_agg(c.new_code ORDER BY c.new_code) FROM registry.unit_change AS c
                  WHERE c.old_code = p.unit_code AND c.old_valid_from = p.unit_valid_from), '{}')
  FROM registry.person AS p
  LEFT JOIN registry.unit AS u ON u.code = p.unit_code AND u.valid_from = p.unit_valid_from
 WHERE p.unit_valid_from < '2025-07-01' AND p.id > @after
   AND NOT EXISTS (SELECT 1 FROM registry.same_person AS s WHERE s.gone = p.id)
 ORDER BY p.id LIMIT @limit`

// UnitQuestions lists the people whose commune was divided, by number after one.
func UnitQuestions(ctx context.Context, db pgdb.Querier, after int64, limit int) ([]UnitQuestion, error) {
	rows, _ := db.Query(ctx, sqlUnitQuestions, pgx.NamedArgs{"after": after, "limit": limit})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (UnitQuestion, error) {
		var q UnitQuestion
		return q, row.Scan(&q.Person, &q.Name, &q.Group, &q.Address, &q.Old.Code, &q.Old.ValidFrom, &q.OldName, &q.Candidates)
	})
	if err != nil {
		return nil, fmt.Errorf("people whose commune is not known: %w", err)
	}
	return list, nil
}
