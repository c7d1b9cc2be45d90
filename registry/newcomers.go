package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// newcomers are the rows of a list on which nobody is known, numbered and ready to
// be copied.
type newcomers struct {
	*stage
	in     intake
	person []int64 // of each line; 0 = the line is refused
	first  []bool  // the person's first row in this list
	people int
}

const sqlNewPeople = `SELECT nextval('registry.person_seq') FROM generate_series(1, @people::integer)`

// number gives each person a number, in the order of their first rows.
func (n *newcomers) number(ctx context.Context) error {
	place := make(map[string]int, len(n.in.Lines)) // of a person among the people
	for i := range n.in.Lines {
		if n.in.Lines[i].Refused {
			continue
		}
		person := n.in.closed[i].person()
		if _, known := place[person]; !known {
			place[person] = n.people
			n.first[i] = true
			n.people++
		}
	}
	rows, err := n.tx.Query(ctx, sqlNewPeople, pgx.NamedArgs{"people": n.people})
	if err != nil {
		return fmt.Errorf("number the people of list %d: %w", n.list, err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("number the people of list %d: %w", n.list, err)
	}
	for i := range n.in.Lines {
		if !n.in.Lines[i].Refused {
			n.person[i] = numbers[place[n.in.closed[i].person()]]
		}
	}
	return nil
}

// copy sends what write says of each row that is taken.
func (n *newcomers) copy(ctx context.Context, statement string, write func(w *pgdb.CopyWriter, i int)) error {
	_, err := pgdb.CopyBinary(ctx, n.tx, statement, func(w *pgdb.CopyWriter) error {
		for i := range n.in.Lines {
			if n.person[i] != 0 {
				write(w, i)
			}
			if w.Err() != nil {
				break
			}
		}
		return w.Err()
	})
	return err
}

const sqlCopyPeople = `
COPY registry.person
     (id, id_index, id_enc, local_key, name, name_fold, birth_date, birth_year, birth_precision, sex, phone_enc, phone_index,
      unit_code, unit_valid_from, residential_group, address, first_list, created_at, changed_at)
FROM STDIN (FORMAT binary)`

func (n *newcomers) writePerson(w *pgdb.CopyWriter, i int) {
	if !n.first[i] {
		return
	}
	line, c := &n.in.Lines[i], &n.in.closed[i]
	w.Begin(19)
	w.Int64(n.person[i])
	writeIdentity(w, line, c)
	w.Text(n.unit.Code)
	nullDate(w, n.unit.ValidFrom)
	w.Text(line.Group)
	w.Text(line.Address)
	w.Int64(n.list)
	w.Timestamptz(n.now)
	w.Timestamptz(n.now)
}

const sqlCopyChannels = `
COPY registry.channel
     (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from)
FROM STDIN (FORMAT binary)`

// writeChannels writes what sqlAddChannels would: the way the row asks for, and
// cash at the commune behind an account.
func (n *newcomers) writeChannels(w *pgdb.CopyWriter, i int) {
	if !n.first[i] {
		return
	}
	line, c := &n.in.Lines[i], &n.in.closed[i]
	kind, provider := "provider", "XA"
	switch line.Method {
	case MethodAccount:
		kind, provider = "bank", ""
	case MethodBHXH:
		provider = "BHXH"
	case MethodCash, MethodHome:
	}
	n.channel(w, i, 1, kind, line.Method, provider, line.BankBIN, c.account, tail(line.Account), line.Holder)
	if line.Method == MethodAccount {
		n.channel(w, i, 2, "provider", MethodCash, "XA", "", closedValue{}, "", "")
	}
}

func (n *newcomers) channel(w *pgdb.CopyWriter, i int, rank int16, kind string, method Method, provider, bin string, account closedValue, tail, holder string) {
	w.Begin(12)
	w.Int64(n.person[i])
	w.Int16(rank)
	w.Text(kind)
	w.Text(string(method))
	w.Text(bin)
	nullBytes(w, account.closed)
	nullBytes(w, account.index)
	w.Text(tail)
	w.Text(holder)
	w.Text(provider)
	w.Int64(n.list)
	w.Timestamptz(n.now)
}

const sqlCopyRows = `
COPY registry.list_row
     (list, row_no, person, category, decision_no, decision_date, method, stated_amount, payee_name, payee_kind,
      payee_id_enc, payee_id_index, contact, note)
FROM STDIN (FORMAT binary)`

func (n *newcomers) writeRow(w *pgdb.CopyWriter, i int) {
	line, c := &n.in.Lines[i], &n.in.closed[i]
	w.Begin(14)
	w.Int64(n.list)
	w.Int32(int32(line.Row))
	w.Int64(n.person[i])
	w.Text(line.Category)
	w.Text(line.DecisionNo)
	nullDate(w, line.DecisionDate)
	w.Text(string(line.Method))
	nullAmount(w, line.Amount)
	writePayee(w, line, c)
}
