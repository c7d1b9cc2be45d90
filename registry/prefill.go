package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// sqlLastRows takes, from all lists of the commune for the programme, the newest
// row of each person in each category: a supplementary list adds to the whole one
// before it, and nobody is missing because the newest list was short. Whoever is
// recorded as dead is left to the registry, which knows the heirs. Where a programme
// pays every month the lists of the newest month count: whoever left before it does
// not come back.
const sqlLastRows = `
SELECT DISTINCT ON (p.id, w.category)
       p.name, p.birth_date, coalesce(p.birth_year, 0), p.birth_precision, p.sex, p.id_index, p.id_enc, p.phone_index, p.phone_enc,
       p.residential_group, p.address, w.contact, w.category, w.decision_no, w.decision_date, w.payee_name, w.payee_id_index, w.payee_id_enc,
       coalesce(w.stated_amount, 0), w.note, coalesce(c.method, w.method), coalesce(c.bank_bin, ''), c.account_index, c.account_enc,
       coalesce(c.holder, '')
  FROM registry.list AS l
  JOIN registry.list_row AS w ON w.list = l.id
  LEFT JOIN registry.same_person AS a ON a.gone = w.person
  JOIN registry.person AS p ON p.id = coalesce(a.kept, w.person)
  LEFT JOIN registry.channel AS c ON c.person = p.id AND c.rank = 1
 WHERE l.programme = @programme AND l.unit_code = @unit AND l.unit_valid_from = @unit_from
   AND l.month IS NOT DISTINCT FROM (SELECT max(n.month) FROM registry.list AS n
                                      WHERE n.programme = @programme AND n.unit_code = @unit AND n.unit_valid_from = @unit_from)
   AND NOT EXISTS (SELECT 1 FROM registry.death AS d WHERE d.person = p.id
                      AND NOT EXISTS (SELECT 1 FROM registry.death_undone AS u WHERE u.death = d.act))
 ORDER BY p.id, w.category, w.list DESC, w.row_no`

const sqlLastMonth = `
SELECT max(l.month) FROM registry.list AS l WHERE l.programme = @programme AND l.unit_code = @unit AND l.unit_valid_from = @unit_from`

// LastMonth is the newest month of a commune's lists for a programme, zero where it
// has none or the programme is paid once.
func LastMonth(ctx context.Context, db pgdb.Querier, programme string, unit UnitKey) (calendar.Date, error) {
	var month *calendar.Date
	err := db.QueryRow(ctx, sqlLastMonth, pgx.NamedArgs{"programme": programme, "unit": unit.Code, "unit_from": unit.ValidFrom}).Scan(&month)
	if err != nil || month == nil {
		return calendar.Date{}, err
	}
	return *month, nil
}

// LastRows are the people of a commune's lists for a programme as they would be
// written on the next one, for [WriteTemplate]: nothing is masked, so whoever calls
// records who read them.
func LastRows(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, programme string, unit UnitKey) ([]Line, error) {
	rows, _ := db.Query(ctx, sqlLastRows, pgx.NamedArgs{"programme": programme, "unit": unit.Code, "unit_from": unit.ValidFrom})
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) { return lastRow(keys, row) })
	if err != nil {
		return nil, fmt.Errorf("people of %s on lists of %s: %w", unit.Code, programme, err)
	}
	return lines, nil
}

func lastRow(keys *crypt.Keys, row pgx.CollectableRow) (Line, error) {
	var l Line
	var born, decided *calendar.Date
	var precision Precision
	var amount int64
	var idIndex, id, phoneIndex, phone, payeeIndex, payee, accountIndex, account []byte
	err := row.Scan(&l.Name, &born, &l.Birth.Year, &precision, &l.Sex, &idIndex, &id, &phoneIndex, &phone, &l.Group, &l.Address, &l.Contact,
		&l.Category, &l.DecisionNo, &decided, &l.Payee, &payeeIndex, &payee, &amount, &l.Note, &l.Method, &l.BankBIN, &accountIndex, &account, &l.Holder)
	if err != nil {
		return l, err
	}
	l.Birth.Precision, l.Amount = precision, money.Amount(amount)
	if born != nil {
		l.Birth.Date = *born
	}
	if decided != nil {
		l.DecisionDate = *decided
	}
	for _, f := range []struct {
		into          *crypt.Secret
		kind          crypt.FieldKind
		index, closed []byte
	}{{&l.ID, crypt.FieldID, idIndex, id}, {&l.Phone, crypt.FieldPhone, phoneIndex, phone}, {&l.PayeeID, crypt.FieldID, payeeIndex, payee},
		{&l.Account, crypt.FieldAccount, accountIndex, account}} {
		if f.closed == nil {
			continue
		}
		if *f.into, err = keys.Decrypt(place(f.kind, f.index), f.closed); err != nil {
			return l, err
		}
	}
	return l, nil
}

// methodTitles are the choices of the template.
var methodTitles = map[Method]string{MethodAccount: "Tài khoản", MethodCash: "Tiền mặt", MethodHome: "Tại nhà", MethodBHXH: "BHXH"}

// cells writes a line as a person would write it into the columns of the template.
func (l Line) cells(no int) [columnCount]any {
	var c [columnCount]any
	c[ColNumber], c[ColName], c[ColID], c[ColPhone] = no, l.Name, l.ID.Reveal(), l.Phone.Reveal()
	switch l.Birth.precision() {
	case PrecisionDay:
		c[ColBirth] = l.Birth.Date.Vietnamese()
	case PrecisionMonth:
		c[ColBirth] = fmt.Sprintf("%02d/%d", int(l.Birth.Date.Month()), l.Birth.Date.Year())
	case PrecisionYear:
		c[ColBirth] = fmt.Sprint(l.Birth.Year)
	case PrecisionNone:
	}
	c[ColSex] = ""
	if l.Sex != "" {
		c[ColSex] = l.Sex.vi()
	}
	c[ColContact], c[ColGroup], c[ColAddress], c[ColNote] = l.Contact, l.Group, l.Address, l.Note
	c[ColCategory] = l.Category
	for _, known := range Categories() {
		if known.Code == l.Category {
			c[ColCategory] = known.Code + " - " + known.NameVI
		}
	}
	c[ColDecision] = l.DecisionNo
	if !l.DecisionDate.IsZero() {
		c[ColDecision] = l.DecisionNo + " ngày " + l.DecisionDate.Vietnamese()
	}
	c[ColMethod] = methodTitles[l.Method]
	if l.BankBIN != "" {
		c[ColBank], c[ColAccount], c[ColHolder] = l.BankBIN, l.Account.Reveal(), l.Holder
		if bank, known := banks().byBIN[l.BankBIN]; known {
			c[ColBank] = l.BankBIN + " - " + bank.Name
		}
	}
	c[ColPayee] = l.Payee
	if l.PayeeID != "" {
		c[ColPayee] = l.Payee + " - " + l.PayeeID.Reveal()
	}
	if l.Amount > 0 {
		c[ColAmount] = int64(l.Amount)
	}
	return c
}
