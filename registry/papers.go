package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// explainable are the findings that a registered payee's paper answers: whoever
// receives on paper may hold the account, for as many people as there are papers.
var explainable = []Code{AccountShared, AccountMany, HolderDiffers, HolderPayee}

const sqlPapers = `
SELECT p.id_index, y.account_index
  FROM registry.payee_on(@day) y
  JOIN registry.person p ON p.id = y.person
 WHERE p.id_index = ANY (@people::bytea[])
   AND y.account_index IS NOT NULL`

// excused returns the list without the findings that registered papers answer,
// and takes up again the rows that nothing else refuses. The list it was given
// stays as it was.
func excused(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, list List, day calendar.Date) (List, error) {
	asked := make(map[int]bool) // rows
	for _, f := range list.Findings {
		if slices.Contains(explainable, f.Code) {
			asked[f.Row] = true
		}
	}
	if len(asked) == 0 {
		return list, nil
	}
	var people [][]byte
	for _, line := range list.Lines {
		if asked[line.Row] && line.ID != "" {
			people = append(people, keys.Index(crypt.FieldID, line.ID))
		}
	}
	rows, err := db.Query(ctx, sqlPapers, pgx.NamedArgs{"day": day, "people": people})
	if err != nil {
		return List{}, fmt.Errorf("look for payees' papers: %w", err)
	}
	papers := make(map[string]bool)
	var person, account []byte
	if _, err := pgx.ForEachRow(rows, []any{&person, &account}, func() error {
		papers[string(person)+string(account)] = true
		return nil
	}); err != nil {
		return List{}, fmt.Errorf("look for payees' papers: %w", err)
	}
	if len(papers) == 0 {
		return list, nil
	}
	list.excuse(keys, asked, papers)
	return list, nil
}

func (l *List) excuse(keys *crypt.Keys, asked map[int]bool, papers map[string]bool) {
	explained := make(map[int]bool)
	for _, line := range l.Lines {
		if asked[line.Row] && line.ID != "" && line.Account != "" {
			key := string(keys.Index(crypt.FieldID, line.ID)) + string(keys.Index(crypt.FieldAccount, line.Account))
			explained[line.Row] = papers[key]
		}
	}
	var left []Finding
	out := make(map[int]bool)
	for _, f := range l.Findings {
		if explained[f.Row] && slices.Contains(explainable, f.Code) {
			continue
		}
		left = append(left, f)
		out[f.Row] = out[f.Row] || f.Refuses()
	}
	l.Findings, l.Lines = left, slices.Clone(l.Lines)
	for i := range l.Lines {
		if line := &l.Lines[i]; explained[line.Row] {
			line.Refused = out[line.Row]
		}
	}
}
