package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Two records of one commune, same name, births that can be the same, one of
// them without an id: they may be one person, and paying both would pay twice.
const sqlNamesakes = `
SELECT s.row_no
  FROM registry.stage s
  JOIN registry.person p ON p.name_fold = s.name_fold AND p.unit_code = @unit
 WHERE s.list = @list
   AND s.id_index IS NULL
   AND p.local_key IS DISTINCT FROM s.local_key
   AND (s.birth_year IS NULL OR p.birth_year IS NULL OR s.birth_year = p.birth_year)
   AND (s.birth_precision <> 'day' OR p.birth_precision <> 'day' OR s.birth_date = p.birth_date)
UNION
SELECT s.row_no
  FROM registry.stage s
  JOIN registry.person p ON p.name_fold = s.name_fold AND p.unit_code = @unit AND p.id_index IS NULL
 WHERE s.list = @list
   AND s.id_index IS NOT NULL
   AND (s.birth_year IS NULL OR p.birth_year IS NULL OR s.birth_year = p.birth_year)
   AND (s.birth_precision <> 'day' OR p.birth_precision <> 'day' OR s.birth_date = p.birth_date)
   AND NOT EXISTS (SELECT 1 FROM registry.person q WHERE q.id_index = s.id_index)
 ORDER BY row_no`

// An id that a record had before an act changed it begins no second record of the
// same person: of the same name, born when that one can have been. Whoever only
// shares the number with a mistake is taken.
const sqlFormerIDs = `
SELECT s.row_no
  FROM registry.person_fact f
  JOIN registry.stage s ON s.id_index = f.id_index
  JOIN registry.person p ON p.id = f.person AND p.name_fold = s.name_fold AND p.id_index IS DISTINCT FROM s.id_index
 WHERE s.list = @list
   AND f.field = 'id'
   AND (s.birth_year IS NULL OR p.birth_year IS NULL OR s.birth_year = p.birth_year)
   AND (s.birth_precision <> 'day' OR p.birth_precision <> 'day' OR s.birth_date = p.birth_date)
   AND NOT EXISTS (SELECT 1 FROM registry.person q WHERE q.id_index = s.id_index)
 ORDER BY s.row_no`

const sqlAddPeople = `
INSERT INTO registry.person
       (id, id_index, id_enc, local_key, name, name_fold, birth_date, birth_year, birth_precision, sex, phone_enc, phone_index,
        unit_code, unit_valid_from, residential_group, address, first_list, created_at, changed_at)
SELECT nextval('registry.person_seq'), n.id_index, n.id_enc, n.local_key, n.name, n.name_fold, n.birth_date, n.birth_year,
       n.birth_precision, n.sex, n.phone_enc, n.phone_index, @unit, @unit_from, n.residential_group, n.address, @list, @now, @now
  FROM (SELECT s.id_index, s.id_enc, s.local_key, s.name, s.name_fold, s.birth_date, s.birth_year, s.birth_precision, s.sex,
               s.phone_enc, s.phone_index, s.residential_group, s.address
          FROM registry.stage s
         WHERE s.list = @list
           AND s.first_of_person
           AND NOT EXISTS (SELECT 1 FROM registry.person p WHERE p.id_index = s.id_index)
           AND NOT EXISTS (SELECT 1 FROM registry.person p WHERE p.local_key = s.local_key)
         ORDER BY s.row_no) n
ON CONFLICT DO NOTHING`

// Read after the people were added, so that a twin import in another unit that
// just added the same id is seen too. Lý and Lí are one name.
const sqlOtherNames = `
SELECT s.row_no
  FROM registry.stage s
  JOIN registry.person p ON p.id_index = s.id_index
 WHERE s.list = @list
   AND p.name_fold <> s.name_fold
   AND regexp_replace(p.name_fold, 'y\M', 'i', 'g') <> regexp_replace(s.name_fold, 'y\M', 'i', 'g')
 ORDER BY s.row_no`

// All rows of an unclear person go, or the others would have nobody to belong to.
const sqlDropRows = `
DELETE FROM registry.stage
 WHERE list = @list
   AND (row_no = ANY (@rows)
        OR id_index IN (SELECT t.id_index FROM registry.stage t WHERE t.list = @list AND t.row_no = ANY (@rows)))
RETURNING row_no`

// merge turns the staged rows into people, channels and list rows. It returns
// an error finding for each row whose person is unclear, and takes nothing of
// those rows.
func (s *stage) merge(ctx context.Context, list List) ([]Finding, error) {
	unclear, err := s.drop(ctx, list, LocalKnown, sqlNamesakes)
	if err != nil {
		return nil, err
	}
	former, err := s.drop(ctx, list, IDFormer, sqlFormerIDs)
	if err != nil {
		return nil, err
	}
	tag, err := s.tx.Exec(ctx, sqlAddPeople, s.args())
	if err != nil {
		return nil, fmt.Errorf("add people of list %d: %w", s.list, err)
	}
	s.peopleNew = int(tag.RowsAffected())
	others, err := s.drop(ctx, list, IDKnown, sqlOtherNames)
	if err != nil {
		return nil, err
	}
	if err := s.countKnown(ctx); err != nil {
		return nil, err
	}
	if err := s.spread(ctx); err != nil {
		return nil, err
	}
	return slices.Concat(unclear, former, others), nil
}

// drop takes the rows that a query names out of the stage.
func (s *stage) drop(ctx context.Context, list List, code Code, query string) ([]Finding, error) {
	numbers, err := s.rows(ctx, code, query)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	rows, err := s.tx.Query(ctx, sqlDropRows, pgx.NamedArgs{"list": s.list, "rows": numbers})
	if err != nil {
		return nil, fmt.Errorf("drop rows of list %d: %w", s.list, err)
	}
	if numbers, err = pgx.CollectRows(rows, pgx.RowTo[int32]); err != nil {
		return nil, fmt.Errorf("drop rows of list %d: %w", s.list, err)
	}
	slices.Sort(numbers)
	s.dropped += len(numbers)
	lines := make(map[int]Line, len(numbers))
	for _, line := range list.Lines {
		lines[line.Row] = line
	}
	findings := make([]Finding, len(numbers))
	for i, no := range numbers {
		findings[i] = list.at(code, lines[int(no)])
	}
	return findings, nil
}

// rows are those that a query about the stage names.
func (s *stage) rows(ctx context.Context, code Code, query string) ([]int32, error) {
	rows, err := s.tx.Query(ctx, query, s.args())
	if err != nil {
		return nil, fmt.Errorf("look for %s in list %d: %w", code, s.list, err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("look for %s in list %d: %w", code, s.list, err)
	}
	return numbers, nil
}

const sqlCountPeople = `
SELECT count(*) FROM registry.staged WHERE list = @list AND first_of_person`

func (s *stage) countKnown(ctx context.Context) error {
	var people int
	if err := s.tx.QueryRow(ctx, sqlCountPeople, pgx.NamedArgs{"list": s.list}).Scan(&people); err != nil {
		return fmt.Errorf("count people of list %d: %w", s.list, err)
	}
	s.peopleKnown = people - s.peopleNew
	return nil
}

// What a list says newer about known people. Name, birth and sex are not
// touched: changing who somebody is takes more than a list.
const sqlRefreshPeople = `
UPDATE registry.person p
   SET phone_enc         = coalesce(s.phone_enc, p.phone_enc),
       phone_index       = coalesce(s.phone_index, p.phone_index),
       residential_group = coalesce(nullif(s.residential_group, ''), p.residential_group),
       address           = coalesce(nullif(s.address, ''), p.address),
       changed_at        = @now
  FROM registry.staged s
 WHERE s.list = @list
   AND s.first_of_person
   AND p.id = s.person
   AND p.first_list <> @list
   AND (s.phone_index IS NOT NULL AND s.phone_index IS DISTINCT FROM p.phone_index
        OR s.residential_group <> '' AND s.residential_group <> p.residential_group
        OR s.address <> '' AND s.address <> p.address)`

// A channel stays if the list asks for the very same at its rank: at 1 what the
// row says, at 2 the cash behind an account.
const sqlEndChannels = `
INSERT INTO registry.channel_history
       (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list,
        valid_from, changed, valid_to, ended_by)
SELECT c.person, c.rank, c.kind, c.method, c.bank_bin, c.account_enc, c.account_index, c.account_tail, c.holder, c.provider,
       c.list, c.valid_from, c.changed, @now, @list
  FROM registry.staged s
  JOIN registry.channel c ON c.person = s.person
 WHERE s.list = @list
   AND s.first_of_person
   AND NOT (c.rank = 1 AND c.method = s.method AND c.bank_bin = s.bank_bin
            AND c.account_index IS NOT DISTINCT FROM s.account_index AND c.holder = s.holder)
   AND NOT (c.rank = 2 AND s.method = 'account' AND c.method = 'cash')`

const sqlRemoveChannels = `
DELETE FROM registry.channel c
 USING registry.channel_history h
 WHERE h.ended_by = @list
   AND h.person = c.person
   AND h.rank = c.rank`

// Cash at the commune stands behind every bank account, so nobody is left
// without a way; a pension's way is its own. An account of somebody known before,
// or at a bank nobody wrote, is a changed one.
const sqlAddChannels = `
INSERT INTO registry.channel
       (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed)
SELECT s.person, 1, CASE s.method WHEN 'account' THEN 'bank' ELSE 'provider' END, s.method, s.bank_bin, s.account_enc,
       s.account_index, s.account_tail, s.holder, CASE s.method WHEN 'account' THEN '' WHEN 'bhxh' THEN 'BHXH' ELSE 'XA' END,
       @list::bigint, @now::timestamptz, s.method = 'account' AND (s.way_repaired OR p.first_list <> @list)
  FROM registry.staged s
  JOIN registry.person p ON p.id = s.person
 WHERE s.list = @list
   AND s.first_of_person
UNION ALL
SELECT s.person, 2, 'provider', 'cash', '', NULL, NULL, '', '', 'XA', @list::bigint, @now::timestamptz, false
  FROM registry.staged s
 WHERE s.list = @list
   AND s.first_of_person
   AND s.method = 'account'
ON CONFLICT (person, rank) DO NOTHING`

const sqlAddRows = `
INSERT INTO registry.list_row
       (list, row_no, person, category, decision_no, decision_date, method, stated_amount, payee_name, payee_kind,
        payee_id_enc, payee_id_index, contact, note)
SELECT s.list, s.row_no, s.person, s.category, s.decision_no, s.decision_date, s.method, s.stated_amount, s.payee_name,
       s.payee_kind, s.payee_id_enc, s.payee_id_index, s.contact, s.note
  FROM registry.staged s
 WHERE s.list = @list`

// sqlNoteAccounts records whom to tell of an account that took another way's place,
// so that whoever did not ask for it can say so.
const sqlNoteAccounts = `
INSERT INTO registry.account_notice (person, source, unit_code, old_method, old_bin, old_tail, new_bin, new_tail, changed_at, made_at)
SELECT c.person, @list, p.unit_code, coalesce(h.method, ''), coalesce(h.bank_bin, ''), coalesce(h.account_tail, ''), c.bank_bin, c.account_tail, @now, @now
  FROM registry.staged s
  JOIN registry.channel c ON c.person = s.person AND c.rank = 1 AND c.list = @list AND c.changed
  JOIN registry.person p ON p.id = c.person
  LEFT JOIN registry.channel_history h ON h.person = c.person AND h.rank = 1 AND h.ended_by = @list
 WHERE s.list = @list
   AND s.first_of_person
ON CONFLICT (person, source) DO NOTHING`

// spread writes what follows from people and stage.
func (s *stage) spread(ctx context.Context) error {
	steps := []struct{ what, sql string }{
		{"refresh people", sqlRefreshPeople},
		{"end channels", sqlEndChannels},
		{"remove channels", sqlRemoveChannels},
		{"add channels", sqlAddChannels},
		{"note changed accounts", sqlNoteAccounts},
		{"add rows", sqlAddRows},
	}
	if s.dropped == 0 && s.peopleKnown == 0 {
		steps = steps[3:] // nobody was known before: there is nothing to refresh or end
	}
	for _, step := range steps {
		tag, err := s.tx.Exec(ctx, step.sql, s.args())
		if err != nil {
			return fmt.Errorf("%s of list %d: %w", step.what, s.list, err)
		}
		if step.sql == sqlEndChannels {
			s.channelsChanged = int(tag.RowsAffected())
		}
	}
	return nil
}

const sqlClearStage = `DELETE FROM registry.stage WHERE list = @list`

func (s *stage) clear(ctx context.Context) error {
	if _, err := s.tx.Exec(ctx, sqlClearStage, pgx.NamedArgs{"list": s.list}); err != nil {
		return fmt.Errorf("clear stage of list %d: %w", s.list, err)
	}
	return nil
}

func (s *stage) args() pgx.NamedArgs {
	return pgx.NamedArgs{"list": s.list, "unit": s.unit.Code, "unit_from": s.unit.ValidFrom, "now": s.now}
}
