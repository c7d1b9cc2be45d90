package verification

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

const sqlNextPeople = `
SELECT i.person, p.name, p.birth_date, coalesce(p.birth_year, 0), p.birth_precision, p.sex, p.unit_code, '', '', p.id_index, p.id_enc, 'epoch'::timestamptz
  FROM (SELECT person FROM registry.verification_item WHERE verification = @job AND verdict = 'waiting' ORDER BY person LIMIT @limit) AS i
  JOIN registry.person AS p ON p.id = i.person
 ORDER BY i.person`

// The way is looked up for each of the few people, by key: OFFSET 0 keeps the
// planner from any other order.
const sqlNextAccounts = `
SELECT i.person, p.name, p.birth_date, coalesce(p.birth_year, 0), p.birth_precision, p.sex, p.unit_code, coalesce(w.holder, ''),
       coalesce(w.bank_bin, ''), w.account_index, w.account_enc,
       coalesce((SELECT max(a.since) FROM registry.changed_account(@day) AS a WHERE a.person = i.person), 'epoch')
  FROM (SELECT person FROM registry.verification_item WHERE verification = @job AND verdict = 'waiting' ORDER BY person LIMIT @limit) AS i
  JOIN registry.person AS p ON p.id = i.person
  LEFT JOIN LATERAL (SELECT w.holder, w.bank_bin, w.account_index, w.account_enc FROM registry.way_on(@day) AS w WHERE w.person = i.person OFFSET 0) AS w ON true
 ORDER BY i.person`

func (r *Run) next(ctx context.Context, limit int) ([]ours, error) {
	sql := sqlNextPeople
	if r.source == Accounts {
		sql = sqlNextAccounts
	}
	rows, _ := r.job.DB.Query(ctx, sql, pgx.NamedArgs{"job": r.id, "limit": limit, "day": calendar.DateOf(r.job.Now())})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ours, error) {
		var o ours
		var birth *calendar.Date
		err := row.Scan(&o.Person, &o.Name, &birth, &o.Birth.Year, &o.Birth.Precision, &o.Sex, &o.Unit, &o.Holder, &o.BIN, &o.Index, &o.Closed, &o.Since)
		if birth != nil {
			o.Birth.Date = *birth
		}
		o.subject = subjectOf(o.Index, o.BIN)
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("people of verification %d: %w", r.id, err)
	}
	return list, nil
}

// Step verifies the next people, as many as one call takes, and commits what it
// learnt. An error of the other side (ErrUnreachable, ErrAnswer) leaves them
// waiting. It returns ErrBusy when another worker took the job meanwhile; a job
// with nobody waiting is ended.
func (r *Run) Step(ctx context.Context) (Summary, error) {
	list, err := r.next(ctx, r.bulk())
	if err != nil {
		return Summary{}, err
	}
	var subjects [][]byte
	for _, o := range list {
		if o.Index != nil {
			subjects = append(subjects, o.Index)
		}
	}
	known, err := fresh(ctx, r.job.DB, r.source, subjects, r.job.Now().Add(-r.job.maxAge()))
	if err != nil {
		return Summary{}, err
	}
	answers, err := r.ask(ctx, list, known)
	if err != nil {
		return Summary{}, fmt.Errorf("verification %d: %w", r.id, err)
	}
	var summary Summary
	err = pgdb.InTx(ctx, r.job.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := r.hold(ctx, tx); err != nil {
			return err
		}
		if err := r.learn(ctx, tx, list, known, answers); err != nil {
			return err
		}
		var err error
		if summary, err = Read(ctx, tx, r.id); err != nil || summary.Waiting > 0 {
			return err
		}
		if err := r.end(ctx, tx); err != nil {
			return err
		}
		summary, err = Read(ctx, tx, r.id)
		return err
	})
	return summary, err
}

func (r *Run) bulk() int {
	if r.source == Accounts {
		return r.job.Accounts.BulkMax()
	}
	return r.job.People.BulkMax()
}

// ask asks about each subject without a fresh answer once, in one call, outside any
// transaction.
func (r *Run) ask(ctx context.Context, list []ours, known map[string]kept) ([]said, error) {
	var ask []ours
	seen := map[string]bool{}
	for _, o := range list {
		if k, fresh := known[o.subject]; fresh && !k.AskedAt.Before(o.Since) || o.Index == nil || seen[o.subject] {
			continue
		}
		seen[o.subject] = true
		ask = append(ask, o)
	}
	if len(ask) == 0 {
		return nil, nil
	}
	if r.source == Accounts {
		return r.askHolders(ctx, ask)
	}
	return r.askPeople(ctx, ask)
}

func (r *Run) askPeople(ctx context.Context, ask []ours) ([]said, error) {
	ids := make([]crypt.Secret, len(ask))
	for i, o := range ask {
		var err error
		if ids[i], err = registry.OpenID(r.job.Keys, o.Index, o.Closed); err != nil {
			return nil, err
		}
	}
	answers, err := r.job.People.People(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]said, len(ask))
	for i, a := range answers {
		all[i] = said{subject: ask[i].Index, found: a.Found, version: a.Version, body: a}
	}
	return all, nil
}

func (r *Run) askHolders(ctx context.Context, ask []ours) ([]said, error) {
	accounts := make([]Account, len(ask))
	for i, o := range ask {
		number, err := registry.OpenAccount(r.job.Keys, o.Index, o.Closed)
		if err != nil {
			return nil, err
		}
		accounts[i] = Account{BIN: o.BIN, Number: number}
	}
	answers, err := r.job.Accounts.Holders(ctx, accounts)
	if err != nil {
		return nil, err
	}
	all := make([]said, len(ask))
	for i, a := range answers {
		all[i] = said{subject: ask[i].Index, bin: ask[i].BIN, found: a.Found, version: a.Version, body: a}
	}
	return all, nil
}

const sqlHoldJob = `UPDATE registry.verification SET busy_until = @until WHERE id = @job AND fence = @fence`

// hold makes sure that the job is still this worker's.
func (r *Run) hold(ctx context.Context, tx pgx.Tx) error {
	_, until := r.job.lease()
	tag, err := tx.Exec(ctx, sqlHoldJob, pgx.NamedArgs{"job": r.id, "fence": r.fence, "until": until})
	if err != nil {
		return fmt.Errorf("hold verification %d: %w", r.id, err)
	}
	if tag.RowsAffected() == 0 {
		return busy(r.id)
	}
	return nil
}

const sqlSetVerdicts = `
UPDATE registry.verification_item AS i
   SET verdict = t.verdict, answer = nullif(t.answer, 0), differs = string_to_array(t.differs, ',')
  FROM unnest(@people::bigint[], @verdicts::text[], @answers::bigint[], @differs::text[]) AS t (person, verdict, answer, differs)
 WHERE i.verification = @job AND i.person = t.person AND i.verdict = 'waiting'`

// learn keeps the answers and gives each person of the step a verdict.
func (r *Run) learn(ctx context.Context, tx pgx.Tx, list []ours, known map[string]kept, answers []said) error {
	numbers, err := r.job.keep(ctx, tx, r.source, answers, r.job.Now())
	if err != nil {
		return err
	}
	told := map[string]any{}
	for _, a := range answers {
		told[subjectOf(a.subject, a.bin)] = a.body
	}
	var people, ids []int64
	var verdicts, differences []string
	for _, o := range list {
		verdict, differs, answer := NotAsked, []string{}, int64(0)
		if o.Index != nil {
			if verdict, differs, err = r.judge(o, known, told); err != nil {
				return err
			}
			if answer = numbers[o.subject]; answer == 0 {
				answer = known[o.subject].ID
			}
		}
		people, ids, verdicts = append(people, o.Person), append(ids, answer), append(verdicts, string(verdict))
		differences = append(differences, join(differs))
	}
	_, err = tx.Exec(ctx, sqlSetVerdicts, pgx.NamedArgs{"job": r.id, "people": people, "verdicts": verdicts, "answers": ids, "differs": differences})
	if err != nil {
		return fmt.Errorf("verdicts of verification %d: %w", r.id, err)
	}
	return nil
}

func join(parts []string) string {
	text := ""
	for i, p := range parts {
		if i > 0 {
			text += ","
		}
		text += p
	}
	return text
}

func (r *Run) judge(o ours, known map[string]kept, told map[string]any) (Verdict, []string, error) {
	if r.source == Accounts {
		a, ok := told[o.subject].(HolderAnswer)
		if !ok {
			if err := known[o.subject].open(r.job.Keys, r.source, &a); err != nil {
				return "", nil, err
			}
		}
		verdict, differs := compareHolder(o, a)
		return verdict, differs, nil
	}
	a, ok := told[o.subject].(PersonAnswer)
	if !ok {
		if err := known[o.subject].open(r.job.Keys, r.source, &a); err != nil {
			return "", nil, err
		}
	}
	verdict, differs := comparePerson(o, a)
	return verdict, differs, nil
}

const sqlEndJob = `
UPDATE registry.verification SET ended_at = coalesce(ended_at, @now), busy_until = NULL WHERE id = @job AND fence = @fence`

func (r *Run) end(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, sqlEndJob, pgx.NamedArgs{"job": r.id, "fence": r.fence, "now": r.job.Now()}); err != nil {
		return fmt.Errorf("end verification %d: %w", r.id, err)
	}
	return nil
}
