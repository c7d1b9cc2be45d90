package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
	"ansinh/registry"
)

// PayeeKind is in what capacity somebody receives for the person.
type PayeeKind string

// The payee kinds. The person themselves receive while none of these is in force.
const (
	Self        PayeeKind = "self"
	Guardian    PayeeKind = "guardian"
	Carer       PayeeKind = "carer"
	Head        PayeeKind = "head"
	Institution PayeeKind = "institution"
	Heir        PayeeKind = "heir"
	Proxy       PayeeKind = "proxy"
)

// PaidTo says that somebody receives for the person, from the act's day until a
// day, on the act's paper. A later one takes the place of an earlier one.
type PaidTo struct {
	Capacity PayeeKind
	Name     string
	Payee    int64         // their own record, 0 = none
	ID       crypt.Secret  // their personal id, where it is known
	Way      Way           // how they are paid
	Until    calendar.Date // last day; zero = until it ends
}

// PayeeEnds says that the payee in force receives no more from the act's day on.
type PayeeEnds struct{}

// Kind is [KindPayee].
func (PaidTo) Kind() Kind                       { return KindPayee }
func (PaidTo) read(text []byte) (Change, error) { return readAs[PaidTo](text) }
func (c PaidTo) secretID() crypt.Secret         { return c.ID }
func (c PaidTo) secretAccount() crypt.Secret    { return c.Way.Account }

// Kind is [KindPayeeEnd].
func (PayeeEnds) Kind() Kind                       { return KindPayeeEnd }
func (PayeeEnds) read(text []byte) (Change, error) { return readAs[PayeeEnds](text) }

func payeeRefused(code, vi, en string) error {
	return errs.Coded(errs.Conflict, code, fmt.Sprintf("Người nhận thay: %s. / Payee: %s.", vi, en), nil)
}

func (c PaidTo) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	_, dead, err := DiedOn(ctx, w.tx, w.person.ID)
	if err != nil {
		return err
	}
	switch c.Capacity {
	case Guardian, Head, Institution, Proxy:
		if dead {
			return payeeRefused("PEOPLE-DEAD", "người hưởng đã mất, chỉ người thừa kế hoặc người chăm sóc nhận được", "the person died: only an heir or the carer may receive")
		}
	case Carer:
	case Heir:
		if !dead {
			return payeeRefused("PEOPLE-ALIVE", "chưa có báo tử nào được xác nhận nên chưa có người thừa kế (việc chờ: ansinh person waiting)", "no death is confirmed, so there is no heir yet (what waits: ansinh person waiting)")
		}
	case Self:
		return payeeRefused("PEOPLE-PAYEE", "để người hưởng tự nhận thì kết thúc người nhận thay", "end the payee, and the person receives themselves")
	default:
		return payeeRefused("PEOPLE-PAYEE", "tư cách là guardian, carer, head, institution, heir hoặc proxy", "the capacity is guardian, carer, head, institution, heir or proxy")
	}
	if !c.Until.IsZero() && c.Until.Before(w.act.From) {
		return payeeRefused("PEOPLE-PAYEE", "ngày hết hạn trước ngày bắt đầu", "it ends before it begins")
	}
	if c.Capacity != Institution {
		if err := soundName(c.Name); err != nil {
			return err
		}
	}
	if err := c.who(ctx, w); err != nil {
		return err
	}
	if err := c.Way.check(ctx, w); err != nil {
		return err
	}
	if c.Way.Method == registry.MethodAccount && !vntext.SameName(c.Way.Holder, c.Name) {
		return payeeRefused("PEOPLE-PAYEE-HOLDER", "chủ tài khoản không phải người nhận thay đã ghi", "the account's holder is not the payee named")
	}
	return nil
}

// who refuses a payee that cannot be: the person, somebody dead, a stranger as the
// head of the household.
func (c PaidTo) who(ctx context.Context, w *work) error {
	if c.Payee == w.person.ID || c.Name == "" {
		return payeeRefused("PEOPLE-PAYEE", "phải là người khác, có tên", "it is somebody else, with a name")
	}
	if c.Payee == 0 {
		if c.Capacity == Head {
			return payeeRefused("PEOPLE-NOT-MEMBER", "chủ hộ phải có hồ sơ và cùng hộ với người hưởng", "the head of the household has a record and is in the person's household")
		}
		return nil
	}
	payee, err := readPerson(ctx, w.tx, c.Payee)
	if err != nil {
		return err
	}
	if !vntext.SameName(payee.Name, c.Name) {
		return payeeRefused("PEOPLE-PAYEE", "tên khác với hồ sơ của người nhận thay", "the name is not that of the payee's record")
	}
	if _, dead, err := DiedOn(ctx, w.tx, c.Payee); dead || err != nil {
		return errors.Join(err, payeeRefused("PEOPLE-DEAD", "người nhận thay đã mất", "the payee died"))
	}
	if c.Capacity != Head {
		return nil
	}
	head, headIn, err := MemberOf(ctx, w.tx, c.Payee, w.act.From)
	if err != nil {
		return err
	}
	own, ownIn, err := MemberOf(ctx, w.tx, w.person.ID, w.act.From)
	if err != nil {
		return err
	}
	if !headIn || !ownIn || !head.Head || head.Household != own.Household {
		return payeeRefused("PEOPLE-NOT-MEMBER", "chủ hộ phải có hồ sơ và cùng hộ với người hưởng", "the head of the household has a record and is in the person's household")
	}
	return nil
}

const sqlPayeeNow = `SELECT coalesce((SELECT y.act FROM registry.payee_on(@day) AS y WHERE y.person = @person), 0)`

func (w *work) payeeNow(ctx context.Context) (int64, error) {
	var act int64
	if err := w.tx.QueryRow(ctx, sqlPayeeNow, pgx.NamedArgs{"day": w.act.From, "person": w.person.ID}).Scan(&act); err != nil {
		return 0, fmt.Errorf("payee of person %d: %w", w.person.ID, err)
	}
	return act, nil
}

func (PaidTo) current(ctx context.Context, w *work) (string, error) {
	act, err := w.payeeNow(ctx)
	_, dead, errDead := DiedOn(ctx, w.tx, w.person.ID)
	return fmt.Sprintf("%d dead %t", act, dead), errors.Join(err, errDead)
}

const sqlAddPayee = `
INSERT INTO registry.payee (act, person, kind, name, payee, id_enc, id_index, way, method, bank_bin, account_enc, account_index, account_tail,
                            holder, provider, paper_no, paper_date, valid_from, valid_to)
VALUES (@act, @person, @kind, @name, @payee, @id_enc, @id_index, @way, @method, @bin, @account_enc, @account_index, @tail,
        @holder, @provider, @paper, @paper_date, @from, @to)`

func (c PaidTo) apply(ctx context.Context, w *work) error {
	account, err := w.account(c.Way.Account)
	if err != nil {
		return err
	}
	a := w.act
	args := pgx.NamedArgs{"act": a.ID, "person": a.Person, "kind": c.Capacity, "name": vntext.NFC(c.Name), "payee": nil, "id_enc": a.IDEnc,
		"id_index": a.IDIndex, "way": c.Way.kind(), "method": c.Way.Method, "bin": c.Way.BankBIN, "account_enc": a.AccountEnc,
		"account_index": a.AccountIndex, "tail": registry.AccountTail(account), "holder": c.holder(), "provider": c.Way.provider(),
		"paper": a.PaperNo, "paper_date": a.PaperDate, "from": a.From, "to": nullDay(c.Until)}
	if c.Payee != 0 {
		args["payee"] = c.Payee
	}
	if _, err := w.tx.Exec(ctx, sqlAddPayee, args); err != nil {
		return fmt.Errorf("payee of person %d: %w", a.Person, err)
	}
	return noteChangedAccounts(ctx, w.tx, a.Person, w.now)
}

// holder is who takes the money: on a provider's list too, the payee is named.
func (c PaidTo) holder() string {
	if c.Way.Method == registry.MethodAccount {
		return c.Way.Holder
	}
	return vntext.NFC(c.Name)
}

func (PayeeEnds) check(ctx context.Context, w *work) error {
	act, err := w.payeeNow(ctx)
	if err == nil && act == 0 {
		return payeeRefused("PEOPLE-PAYEE", "không có người nhận thay nào vào ngày đó", "nobody receives for the person on that day")
	}
	return err
}

func (PayeeEnds) current(ctx context.Context, w *work) (string, error) {
	act, err := w.payeeNow(ctx)
	return fmt.Sprint(act), err
}

const sqlEndPayees = `
INSERT INTO registry.payee_end (payee, ended_on, act)
SELECT y.act, @day, @act
  FROM registry.payee AS y
 WHERE y.person = @person AND NOT EXISTS (SELECT 1 FROM registry.payee_end AS e WHERE e.payee = y.act)`

const sqlEndHeads = sqlEndPayees + ` AND y.kind = 'head'`

// sqlEndOfPayee ends what a dead person received for others.
const sqlEndOfPayee = `
INSERT INTO registry.payee_end (payee, ended_on, act)
SELECT y.act, @day, @act
  FROM registry.payee AS y
 WHERE y.payee = @person AND NOT EXISTS (SELECT 1 FROM registry.payee_end AS e WHERE e.payee = y.act)`

func (w *work) endPayees(ctx context.Context, sql string) error {
	_, err := w.tx.Exec(ctx, sql, pgx.NamedArgs{"person": w.person.ID, "day": w.act.From, "act": w.act.ID})
	if err != nil {
		return fmt.Errorf("end the payees of person %d: %w", w.person.ID, err)
	}
	return nil
}

// apply ends every payee: behind one that ends no older one comes back.
func (PayeeEnds) apply(ctx context.Context, w *work) error { return w.endPayees(ctx, sqlEndPayees) }

// Shared is an account to which the money of several people goes.
type Shared struct {
	Index  []byte // blind index of the account
	People int64
	Papers int64 // of those people, for whom a paper says so
}

// SharedMax is how many people's money may go to one account without papers.
const SharedMax = 3

const sqlShared = `
SELECT a.account_index, count(*), count(*) FILTER (WHERE a.paper)
  FROM registry.account_people(@day) AS a
 GROUP BY a.account_index
HAVING count(*) FILTER (WHERE NOT a.paper) > @most
 ORDER BY count(*) DESC, a.account_index`

// SharedWithoutPapers lists the accounts that receive for more than [SharedMax]
// people without a paper, on a day. A household paid to its head on papers is none.
func SharedWithoutPapers(ctx context.Context, db pgdb.Querier, day calendar.Date) ([]Shared, error) {
	rows, _ := db.Query(ctx, sqlShared, pgx.NamedArgs{"day": day, "most": SharedMax})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Shared])
	if err != nil {
		return nil, fmt.Errorf("shared accounts: %w", err)
	}
	return list, nil
}
