package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
)

// Words says in Vietnamese and English what findings of a code have in common, and
// what is to be done: with … for what differs from one to the next. A code nobody
// knows any more has none.
func Words(code Code) (vi, en, doVI, doEN string) {
	text := findingTexts[code]
	return fill(text.vi, dots), fill(text.en, dots), fill(text.doVI, dots), fill(text.doEN, dots)
}

// WordsWith are Words filled with what a list that was taken keeps of a finding; args
// nil, of one taken before that was kept, is Words.
func WordsWith(code Code, args []string) (vi, en, doVI, doEN string) {
	text, values := findingTexts[code], make([]any, 0, len(args)+len(dots))
	for _, a := range args {
		values = append(values, a)
	}
	values = append(values, dots...) // words may ask for more today than they did then
	return fill(text.vi, values), fill(text.en, values), fill(text.doVI, values), fill(text.doEN, values)
}

// dots stand for what a finding said and nobody kept.
var dots = []any{"…", "…", "…", "…"}

const sqlListTaken = `
SELECT l.unit_code, l.sheet, l.imported_at,
       coalesce((SELECT r.detail::text FROM audit.record AS r WHERE r.act = 'list.import' AND r.subject = @subject ORDER BY r.id LIMIT 1), '{}')
  FROM registry.list AS l
 WHERE l.id = @list`

const sqlKeptFindings = `
SELECT f.code, f.severity, f.row_no, f.column_ref, f.value, f.proposed, false AS taken, f.args::text FROM registry.list_refusal AS f WHERE f.list = @list
UNION ALL
SELECT f.code, f.severity, f.row_no, f.column_ref, f.value, f.proposed, f.severity = 'repair', f.args::text FROM registry.list_warning AS f WHERE f.list = @list
 ORDER BY 3, 4, 1`

// Recheck reads the workbook of a list that was taken once more, as it was read
// then, and returns it with everything that was found: for its annotated copy. What
// the import found by looking at other lists is told as it was kept. A workbook under a password takes it; without the right one the error
// is a *FileError. Whoever hands the copy out records it: nothing in it is masked.
func Recheck(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, list int64, password string) (File, CheckReport, error) {
	options := ImportOptions{Sheet: "", Password: password}
	var detail []byte
	err := db.QueryRow(ctx, sqlListTaken, pgx.NamedArgs{"list": list, "subject": fmt.Sprintf("list %d", list)}).
		Scan(&options.Unit.Code, &options.Sheet, &options.Now, &detail)
	if err != nil {
		return File{}, CheckReport{}, fmt.Errorf("how list %d was taken: %w", list, err)
	}
	var how struct {
		Repairs   bool   `json:"accept_repairs"`
		Encoding  string `json:"encoding"`
		Confirmed bool   `json:"encoding_confirmed"`
	}
	if err := json.Unmarshal(detail, &how); err != nil {
		return File{}, CheckReport{}, fmt.Errorf("how list %d was taken: %w", list, err)
	}
	options.AcceptRepairs = how.Repairs
	options.Text = TextOptions{Encoding: vntext.Encoding(how.Encoding), Confirmed: how.Confirmed}
	name, content, err := Original(ctx, db, keys, list)
	if err != nil {
		return File{}, CheckReport{}, err
	}
	demo, err := IsDemo(ctx, db)
	if err != nil {
		return File{}, CheckReport{}, err
	}
	read, err := ReadList(ctx, bytes.NewReader(content), int64(len(content)), options.Reading(demo))
	if err != nil {
		return File{}, CheckReport{}, inWords(err)
	}
	if err := read.addKept(ctx, db, list); err != nil {
		return File{}, CheckReport{}, err
	}
	return File{Name: name, Content: bytes.NewReader(content), Size: int64(len(content))}, ReportOf(read), nil
}

// keptArgs reads what fills a kept finding's words; dots where nobody kept it.
func keptArgs(text *string) ([]any, error) {
	if text == nil {
		return dots, nil
	}
	var values []any
	if err := json.Unmarshal([]byte(*text), &values); err != nil {
		return nil, fmt.Errorf("what a finding says: %w", err)
	}
	return append(values, dots...), nil
}

// addKept adds the findings kept with the list that reading alone does not make,
// and drops those of reading that the import excused.
func (l *List) addKept(ctx context.Context, db pgdb.Querier, list int64) error {
	rows, _ := db.Query(ctx, sqlKeptFindings, pgx.NamedArgs{"list": list})
	kept, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Finding, error) {
		f := Finding{Sheet: l.Sheet}
		var args *string
		if err := row.Scan(&f.Code, &f.Severity, &f.Row, &f.Column, &f.Value, &f.Proposed, &f.Accepted, &args); err != nil {
			return f, err
		}
		var err error
		f.args, err = keptArgs(args)
		return f, err
	})
	if err != nil {
		return fmt.Errorf("findings of list %d: %w", list, err)
	}
	type place struct {
		code   Code
		row    int
		column string
	}
	read := map[place]Finding{}
	for _, f := range l.Findings {
		read[place{f.Code, f.Row, f.Column}] = f
	}
	l.Findings = kept
	refused := map[int]bool{}
	for i, f := range l.Findings {
		if whole, ok := read[place{f.Code, f.Row, f.Column}]; ok {
			l.Findings[i] = whole
		}
		refused[f.Row] = refused[f.Row] || l.Findings[i].Refuses()
	}
	for i := range l.Lines {
		l.Lines[i].Refused = refused[l.Lines[i].Row]
	}
	return nil
}
