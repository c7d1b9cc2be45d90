package people

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// Addressee is whom a notice about a person goes to. The zero Addressee is nobody.
type Addressee struct {
	Person int64 // whose record has the phone
	Name   string
	Phone  crypt.Secret
}

// Nobody reports whether nothing may be written at all.
func (a Addressee) Nobody() bool { return a.Name == "" }

// sqlAddressee asks for the person and for the payee in force. A reported death is
// enough to write nothing: a letter to the dead cannot be taken back.
const sqlAddressee = `
SELECT p.id, p.name, p.phone_index, p.phone_enc,
       EXISTS (SELECT 1 FROM registry.death_now AS d WHERE d.person = p.id) AS dead,
       EXISTS (SELECT 1 FROM registry.death_waiting AS w WHERE w.person = p.id) AS reported,
       coalesce(y.payee, 0), coalesce(y.name, '')
  FROM registry.person AS p
  LEFT JOIN registry.payee_on(@day) AS f ON f.person = p.id
  LEFT JOIN registry.payee AS y ON y.act = f.act
 WHERE p.id = @person`

const sqlPhone = `
SELECT p.phone_index, p.phone_enc FROM registry.person AS p
 WHERE p.id = @person AND NOT EXISTS (SELECT 1 FROM registry.death_now AS d WHERE d.person = p.id)`

// WhomToWrite says whom a notice about a person's money goes to on a day: the
// person, or who receives for somebody that died. Nobody writes to the dead, nor
// to somebody whose death is reported.
func WhomToWrite(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, person int64, now time.Time) (Addressee, error) {
	var a Addressee
	var index, closed []byte
	var dead, reported bool
	var payee int64
	var payeeName string
	err := db.QueryRow(ctx, sqlAddressee, pgx.NamedArgs{"person": person, "day": calendar.DateOf(now)}).Scan(&a.Person, &a.Name, &index, &closed,
		&dead, &reported, &payee, &payeeName)
	if err != nil {
		return Addressee{}, fmt.Errorf("whom to write about person %d: %w", person, err)
	}
	if dead || reported {
		// Once it is confirmed, whoever is payee was named after the death.
		if payeeName == "" || reported {
			return Addressee{}, nil
		}
		a, index, closed = Addressee{Person: payee, Name: payeeName}, nil, nil
		if payee != 0 {
			rows, _ := db.Query(ctx, sqlPhone, pgx.NamedArgs{"person": payee})
			if _, err := pgx.ForEachRow(rows, []any{&index, &closed}, func() error { return nil }); err != nil {
				return Addressee{}, fmt.Errorf("phone of person %d: %w", payee, err)
			}
		}
	}
	if closed == nil {
		return a, nil
	}
	a.Phone, err = registry.OpenPhone(keys, index, closed)
	return a, err
}
