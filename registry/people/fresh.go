package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// FreshDays is for how long no money goes to an account that took another way's
// place, unless the bank named its holder since and a second person confirmed it.
const FreshDays = 30

// FreshSince is the time before which an account must have come to be none.
func FreshSince(now time.Time) time.Time { return now.AddDate(0, 0, -FreshDays) }

// ErrNotFresh means that no changed account of the person waits for anybody.
var ErrNotFresh = errors.New("no changed account waits")

// FreshAccount is an account to which no money goes yet, with whom to tell of it.
type FreshAccount struct {
	Person     int64     `json:"person"`
	Name       string    `json:"name"`
	Unit       string    `json:"unit"`
	UnitName   string    `json:"unit_name"`
	OldMethod  string    `json:"old_method"` // "" = none: the list's first, at a bank nobody wrote
	OldBIN     string    `json:"old_bank"`
	OldAccount string    `json:"old_account"` // masked
	BankBIN    string    `json:"bank"`
	Account    string    `json:"account"` // masked
	Payee      int64     `json:"payee"`   // the act that named who receives, 0 = the person's own
	Since      time.Time `json:"since"`
	Source     int64     `json:"source"` // the list or act that brought it
	By         string    `json:"by"`     // who brought it, and may not confirm it
	Asked      bool      `json:"asked"`  // the bank named the same holder since
	Confirmed  bool      `json:"confirmed"`
	Refused    bool      `json:"refused"` // a second person refused it: it rests however old it gets
	Act        int64     `json:"act"`     // that waits for the second person, 0 = none yet
}

// oldWay is what an account took the place of.
const oldWay = `
  LEFT JOIN LATERAL (SELECT h.method, h.bank_bin, h.account_tail FROM registry.channel_history AS h
                      WHERE h.person = f.person AND h.rank = 1 AND h.ended_by = f.source
                      UNION ALL
                     SELECT c.method, c.bank_bin, c.account_tail FROM registry.channel AS c
                      WHERE f.payee <> 0 AND c.person = f.person AND c.rank = 1
                      LIMIT 1) AS o ON true`

const sqlFreshAccounts = `
SELECT f.person, p.name, p.unit_code, coalesce(u.name_vi, p.unit_code), coalesce(o.method, ''), coalesce(o.bank_bin, ''), coalesce(o.account_tail, ''),
       f.bank_bin, f.account_tail, f.payee, f.since, f.source, coalesce(l.imported_by, a.by_one, ''), f.asked, f.confirmed, f.refused,
       coalesce((SELECT t.id FROM registry.act AS t
                  WHERE t.person = f.person AND t.kind = 'account' AND t.account_index = f.account_index AND t.at >= f.since
                    AND NOT EXISTS (SELECT 1 FROM registry.act_decision AS d WHERE d.act = t.id)
                  ORDER BY t.id LIMIT 1), 0)
  FROM registry.fresh_account(@day, @after) AS f
  JOIN registry.person AS p ON p.id = f.person
  LEFT JOIN registry.unit AS u ON u.code = p.unit_code AND u.valid_from = p.unit_valid_from
  LEFT JOIN registry.list AS l ON l.id = f.source
  LEFT JOIN registry.act AS a ON a.id = f.source` + oldWay + `
 WHERE (@unit = '' OR p.unit_code = @unit) AND (@person::bigint = 0 OR f.person = @person)
   AND NOT EXISTS (SELECT 1 FROM registry.same_person AS s WHERE s.gone = f.person)
 ORDER BY p.unit_code, f.person`

// FreshAccounts lists the accounts that wait, by commune; unit "" = all.
func FreshAccounts(ctx context.Context, db pgdb.Querier, unit string, now time.Time) ([]FreshAccount, error) {
	return freshAccounts(ctx, db, unit, 0, now)
}

func freshAccounts(ctx context.Context, db pgdb.Querier, unit string, person int64, now time.Time) ([]FreshAccount, error) {
	rows, _ := db.Query(ctx, sqlFreshAccounts, pgx.NamedArgs{"day": calendar.DateOf(now), "after": FreshSince(now), "unit": unit, "person": person})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[FreshAccount])
	if err != nil {
		return nil, fmt.Errorf("accounts changed lately: %w", err)
	}
	for i := range list {
		list[i].OldAccount, list[i].Account = masked(list[i].OldAccount), masked(list[i].Account)
	}
	return list, nil
}

const sqlNoteAccounts = `
INSERT INTO registry.account_notice (person, source, unit_code, old_method, old_bin, old_tail, new_bin, new_tail, changed_at, made_at)
SELECT f.person, f.source, p.unit_code, coalesce(o.method, ''), coalesce(o.bank_bin, ''), coalesce(o.account_tail, ''), f.bank_bin, f.account_tail, f.since, @now
  FROM registry.fresh_account(@day, @after) AS f
  JOIN registry.person AS p ON p.id = f.person` + oldWay + `
 WHERE @person::bigint = 0 OR f.person = @person
ON CONFLICT (person, source) DO NOTHING`

// NoteChangedAccounts records, once for each change, who is to be told that an
// account of theirs changed. A list and an act do so for theirs; planning makes sure,
// before any of them is paid: a payee may come into force later.
func NoteChangedAccounts(ctx context.Context, tx pgx.Tx, now time.Time) error {
	return noteChangedAccounts(ctx, tx, 0, now)
}

func noteChangedAccounts(ctx context.Context, tx pgx.Tx, person int64, now time.Time) error {
	_, err := tx.Exec(ctx, sqlNoteAccounts, pgx.NamedArgs{"day": calendar.DateOf(now), "after": FreshSince(now), "now": now, "person": person})
	if err != nil {
		return fmt.Errorf("note changed accounts: %w", err)
	}
	return nil
}

// AccountStands says that a changed account is the right one. It is proposed in
// the name of whoever brought the account, so that somebody else seals it; see
// [Desk.AskAccount]. Refused, the account gets no money however old it grows.
type AccountStands struct {
	BankBIN string
	Account crypt.Secret
	Source  int64
}

// Kind is [KindAccount].
func (AccountStands) Kind() Kind                       { return KindAccount }
func (AccountStands) read(text []byte) (Change, error) { return readAs[AccountStands](text) }
func (c AccountStands) secretAccount() crypt.Secret    { return c.Account }

func (c AccountStands) check(_ context.Context, w *work) error { return w.notMerged() }

const sqlChangedNow = `
SELECT coalesce((SELECT format('%s %s %s', f.source, f.bank_bin, encode(f.account_index, 'hex'))
                   FROM registry.changed_account(@day) AS f WHERE f.person = @person LIMIT 1), '')`

func (AccountStands) current(ctx context.Context, w *work) (string, error) {
	var text string
	if err := w.tx.QueryRow(ctx, sqlChangedNow, pgx.NamedArgs{"person": w.person.ID, "day": w.today}).Scan(&text); err != nil {
		return "", fmt.Errorf("changed account of person %d: %w", w.person.ID, err)
	}
	return text, nil
}

// apply only looks for payments that rested for this alone: the sealed decision is
// the fact.
func (AccountStands) apply(ctx context.Context, w *work) error {
	return w.Office.LetGo(ctx, w.tx, w.now)
}

const sqlChangedAccount = `
SELECT w.account_index, w.account_enc
  FROM registry.changed_account(@day) AS f
  JOIN registry.way_on(@day) AS w ON w.person = f.person AND w.bank_bin = f.bank_bin AND w.account_index = f.account_index
 WHERE f.person = @person`

// AskAccount lays a person's changed account before a second person: it returns the
// act to be sealed, the waiting one if there is one. It is made in the name of
// whoever brought the account, whose seal [Desk.Confirm] refuses. It returns
// ErrNotFresh when nothing of the person waits.
func (d *Desk) AskAccount(ctx context.Context, person int64) (Act, error) {
	var act Act
	err := pgdb.InTx(ctx, d.DB, func(ctx context.Context, tx pgx.Tx) error {
		w, err := d.begin(ctx, tx, person)
		if err != nil {
			return err
		}
		list, err := freshAccounts(ctx, tx, "", person, w.now)
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].Confirmed {
			return errs.Coded(errs.NotFound, "PEOPLE-NOT-FRESH", fmt.Sprintf("Người số %d không có tài khoản mới đổi nào chờ người thứ hai. / "+
				"No changed account of person %d waits for a second person.", person, person), ErrNotFresh)
		}
		if f := list[0]; f.Act != 0 {
			act, err = ReadAct(ctx, tx, f.Act)
			return err
		}
		act, err = w.askAccount(ctx, list[0])
		return err
	})
	if err != nil {
		return Act{}, fmt.Errorf("lay the account of person %d before a second person: %w", person, err)
	}
	return act, nil
}

func (w *work) askAccount(ctx context.Context, f FreshAccount) (Act, error) {
	var index, closed []byte
	if err := w.tx.QueryRow(ctx, sqlChangedAccount, pgx.NamedArgs{"person": f.Person, "day": w.today}).Scan(&index, &closed); err != nil {
		return Act{}, fmt.Errorf("account of person %d: %w", f.Person, err)
	}
	account, err := registry.OpenAccount(w.Keys, index, closed)
	if err != nil {
		return Act{}, err
	}
	w.act = Act{Kind: KindAccount, Person: f.Person, Unit: w.person.Unit.Code, From: w.today, PaperNo: fmt.Sprint(f.Source), PaperDate: calendar.DateOf(f.Since),
		Why: "Tài khoản mới đổi / An account changed", Two: true, By: f.By, At: w.now.Truncate(time.Microsecond)}
	c := AccountStands{BankBIN: f.BankBIN, Account: account, Source: f.Source}
	if err := c.check(ctx, w); err != nil {
		return Act{}, err
	}
	if err := w.content(ctx, c); err != nil {
		return Act{}, err
	}
	return w.act, w.store(ctx)
}

// ConfirmAccounts has one second person seal the changed accounts of several people,
// each in a transaction of its own, and returns how many it confirmed. It stops at
// the first refusal, such as of an account that this person brought; what was
// confirmed before stays so.
func (d *Desk) ConfirmAccounts(ctx context.Context, people []int64, seal func(Act) crypt.Seal) (int, error) {
	for i, person := range people {
		act, err := d.AskAccount(ctx, person)
		if err != nil {
			return i, err
		}
		if _, err := d.Confirm(ctx, act.ID, seal(act)); err != nil {
			return i, err
		}
	}
	return len(people), nil
}
