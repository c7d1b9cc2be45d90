package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// RefusalDays is how long whoever handed in a list has to mend a refused row.
const RefusalDays = 7

// RefusedCell is one cell of a refused row as it was handed in.
type RefusedCell struct {
	Column  string `json:"column"` // letters
	Heading string `json:"heading"`
	Value   string `json:"value"`
}

// refusals are the rows of one list that were not taken, each with what was found.
type refusals struct {
	lines    []Line
	findings map[int][]Finding // by row, those that refuse
	cells    map[int][]RefusedCell
	claimed  map[int]Claimed // by row, of those that only a batch's claim refuses
}

// refusalsOf collects them: rows refused at reading, and those that other
// findings of the import took out. A row refused for nothing but the right that a
// batch holds already is kept with whose right it is: it waits for nobody while its
// person is on that batch, and is open once that batch gives the right up.
func refusalsOf(list List, findings []Finding, claimed map[int]Claimed) refusals {
	r := refusals{findings: make(map[int][]Finding), claimed: make(map[int]Claimed)}
	for _, f := range findings {
		if f.Refuses() {
			r.findings[f.Row] = append(r.findings[f.Row], f)
		}
	}
	for _, line := range list.Lines {
		only := func(f Finding) bool { return f.Code == PersonBatch }
		found := r.findings[line.Row]
		if !line.Refused && len(found) == 0 {
			continue
		}
		if len(found) > 0 && all(found, only) {
			if claimed[line.Row].Person == 0 {
				continue
			}
			r.claimed[line.Row] = claimed[line.Row]
		}
		r.lines = append(r.lines, line)
	}
	return r
}

func all(findings []Finding, holds func(Finding) bool) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return !holds(f) })
}

// read takes the cells of the rows that were refused at reading, and walks the file
// again for those that what is registered refused: a few lists have any.
func (r *refusals) read(im *importer, list List) error {
	r.cells = make(map[int][]RefusedCell, len(r.lines))
	wanted := make(map[int]bool)
	for _, line := range r.lines {
		if cells, kept := list.refused[line.Row]; kept {
			r.cells[line.Row] = cells
		} else {
			wanted[line.Row] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	book, err := openBook(bytes.NewReader(im.content), int64(len(im.content)), im.options.Limits.orDefault(), im.options.Password)
	if err != nil {
		return err
	}
	defer book.Close()
	i, ok := sheetNamed(book, list.Sheet)
	if !ok {
		return fmt.Errorf("sheet %q is gone on the second look", list.Sheet)
	}
	rows, err := openSheet(book, i)
	if err != nil {
		return err
	}
	defer rows.rows.Close()
	text := newTextRows(rows, im.options.Text)
	for len(r.cells) < len(r.lines) {
		row, ok := text.next()
		if !ok {
			break
		}
		if wanted[row.No] {
			r.cells[row.No] = list.header.refusedCells(row.Cells)
		}
	}
	return rows.err()
}

// refusedCells are the cells of a row that hold something, under their headings.
func (h header) refusedCells(row []string) []RefusedCell {
	cells := []RefusedCell{}
	for i, value := range row {
		if strings.TrimSpace(value) == "" {
			continue
		}
		cell := RefusedCell{Column: columnLetters(i), Value: value}
		if i < len(h.headings) {
			cell.Heading = h.headings[i]
		}
		cells = append(cells, cell)
	}
	return cells
}

const sqlAddRefusedRows = `
INSERT INTO registry.refused_row (list, row_no, id_index, name, name_fold, birth_year, category, codes, message, values_enc, owner, due,
                                  claimed_person, claimed_batch)
SELECT @list, row_no, id_index, name, name_fold, nullif(birth_year, 0), category, codes, message, values_enc, @by, @due, nullif(person, 0), nullif(batch, 0)
  FROM unnest(@rows::integer[], @ids::bytea[], @names::text[], @folds::text[], @years::integer[], @categories::text[], @codes::text[],
              @messages::text[], @values::bytea[], @people::bigint[], @batches::integer[])
       AS t (row_no, id_index, name, name_fold, birth_year, category, codes, message, values_enc, person, batch)`

// keepRefused records the rows that were not taken: each is a person who may get
// nothing, and stays open until somebody decides it. It returns how many are open
// now; see [refusalsOf] for the others.
func (im *importer) keepRefused(ctx context.Context, tx pgx.Tx, list List, result Result, claimed map[int]Claimed) (int, error) {
	r := refusalsOf(list, result.Findings, claimed)
	if len(r.lines) == 0 {
		return 0, nil
	}
	if err := r.read(im, list); err != nil {
		return 0, fmt.Errorf("read the refused rows of list %d: %w", result.List, err)
	}
	var rows, years, batches []int32
	var people []int64
	var ids, values [][]byte
	var names, folds, categories, codes, messages []string
	for _, line := range r.lines {
		closed, err := im.closeCells(result.List, line.Row, r.cells[line.Row])
		if err != nil {
			return 0, err
		}
		var id []byte
		if line.ID != "" {
			id = im.keys.Index(crypt.FieldID, line.ID)
		}
		rows, years, ids, values = append(rows, int32(line.Row)), append(years, int32(line.Birth.Year)), append(ids, id), append(values, closed)
		names, folds, categories = append(names, shownName(line.Name)), append(folds, line.nameFold()), append(categories, line.Category)
		said, first := codesOf(r.findings[line.Row])
		codes, messages = append(codes, said), append(messages, first)
		people, batches = append(people, r.claimed[line.Row].Person), append(batches, int32(r.claimed[line.Row].Batch))
	}
	_, err := tx.Exec(ctx, sqlAddRefusedRows, pgx.NamedArgs{"list": result.List, "by": im.options.By, "rows": rows, "ids": ids, "names": names,
		"folds": folds, "years": years, "categories": categories, "codes": codes, "messages": messages, "values": values, "people": people, "batches": batches,
		"due": calendar.DateOf(im.options.Now).AddDays(RefusalDays)})
	if err != nil {
		return 0, fmt.Errorf("keep %d refused rows of list %d: %w", len(rows), result.List, err)
	}
	return len(rows) - len(r.claimed), nil
}

// codesOf joins the codes of a row's findings, each once, and gives the first
// one's words.
func codesOf(findings []Finding) (codes, first string) {
	for i, f := range findings {
		if i == 0 {
			first = f.String()
		}
		if !strings.Contains(" "+codes+" ", " "+string(f.Code)+" ") {
			codes = strings.TrimSpace(codes + " " + string(f.Code))
		}
	}
	return codes, first
}

// shownName leaves out what stands in a name's cell but is none: an id typed
// into the wrong column must not lie in the clear.
func shownName(name string) string {
	if strings.ContainsAny(name, "0123456789") {
		return maskDigits(name)
	}
	return name
}

func refusedPlace(list int64, row int) crypt.Place {
	return crypt.Place{Column: "refused-row", Row: fmt.Sprintf("%d/%d", list, row)}
}

func (im *importer) closeCells(list int64, row int, cells []RefusedCell) ([]byte, error) {
	text, err := json.Marshal(cells)
	if err != nil {
		return nil, fmt.Errorf("cells of row %d of list %d: %w", row, list, err)
	}
	closed, err := im.keys.Encrypt(im.options.Random, refusedPlace(list, row), crypt.Secret(text))
	if err != nil {
		return nil, fmt.Errorf("close row %d of list %d: %w", row, list, err)
	}
	return closed, nil
}

const sqlRefusedCells = `SELECT coalesce(values_enc, ''::bytea) FROM registry.refused_row WHERE list = @list AND row_no = @row`

// RefusedCells opens the cells of a refused row as they were handed in. They hold
// personal data: whoever shows them records that they were read. A row of a list
// taken before rows were kept has none. pgx.ErrNoRows means no such refused row.
func RefusedCells(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, list int64, row int) ([]RefusedCell, error) {
	var closed []byte
	if err := db.QueryRow(ctx, sqlRefusedCells, pgx.NamedArgs{"list": list, "row": row}).Scan(&closed); err != nil {
		return nil, fmt.Errorf("refused row %d of list %d: %w", row, list, err)
	}
	if len(closed) == 0 {
		return nil, nil
	}
	text, err := keys.Decrypt(refusedPlace(list, row), closed)
	if err != nil {
		return nil, fmt.Errorf("open refused row %d of list %d: %w", row, list, err)
	}
	var cells []RefusedCell
	if err := json.Unmarshal([]byte(text.Reveal()), &cells); err != nil {
		return nil, fmt.Errorf("cells of refused row %d of list %d: %w", row, list, err)
	}
	return cells, nil
}

// sqlSettleRefused finds refused rows of earlier lists of the commune, for the same
// month, whose person this list brings. Too strict is a row somebody decides by hand; too lax would
// leave a person out in silence. So a name alone never settles: it takes the
// personal id with the name or the row, or the name in the same row without another
// birth year, or the name with birth year and category where both lists have it
// once. A person whom the earlier list took already in the category proves nothing
// of the refused row: it may have been somebody else.
const sqlSettleRefused = `
WITH came AS (
    SELECT w.row_no, w.person, w.category, p.id_index, p.name_fold, p.birth_year
      FROM registry.list_row AS w JOIN registry.person AS p ON p.id = w.person
     WHERE w.list = @list
), waits AS (
    SELECT r.list, r.row_no, r.id_index, r.name_fold, r.birth_year, r.category, coalesce(d.n, 0) AS n
      FROM registry.list AS l
      JOIN registry.refused_row AS r ON r.list = l.id
      LEFT JOIN LATERAL (SELECT x.n, x.kind FROM registry.row_decision AS x
                          WHERE x.list = r.list AND x.row_no = r.row_no ORDER BY x.n DESC LIMIT 1) AS d ON true
     WHERE l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date
       AND l.unit_code = @unit AND l.unit_valid_from = @unit_from AND l.id < @list
       AND r.claimed_person IS NULL -- which the right itself settles, once it is claimed again
       AND coalesce(d.kind, 'moved') = 'moved'
)
INSERT INTO registry.row_decision (list, row_no, n, kind, new_list, new_row, reason, by_one, at)
SELECT DISTINCT ON (r.list, r.row_no) r.list, r.row_no, r.n + 1, 'corrected', @list, c.row_no, '', @by, @now::timestamptz
  FROM waits AS r
  JOIN came AS c
    ON r.id_index = c.id_index AND (r.name_fold = c.name_fold AND r.category IN ('', c.category) OR r.row_no = c.row_no)
    OR r.name_fold = c.name_fold AND r.row_no = c.row_no AND (r.birth_year = c.birth_year) IS NOT FALSE
    OR r.name_fold = c.name_fold AND r.birth_year = c.birth_year AND r.category = c.category AND r.id_index IS NULL
       AND (SELECT count(*) FROM came AS k WHERE k.name_fold = c.name_fold AND k.category = c.category) = 1
       AND (SELECT count(*) FROM waits AS k WHERE k.list = r.list AND k.name_fold = r.name_fold) = 1
 WHERE NOT EXISTS (SELECT 1 FROM registry.list_row AS o WHERE o.list = r.list AND o.person = c.person AND o.category = c.category)
 ORDER BY r.list, r.row_no, (r.row_no = c.row_no) DESC, c.row_no`

const sqlRowsRefusedBefore = `
SELECT EXISTS (SELECT FROM registry.list AS l JOIN registry.refused_row AS r ON r.list = l.id
                WHERE l.programme = @programme AND l.unit_code = @unit AND l.unit_valid_from = @unit_from AND l.id < @list)`

// settleRefused closes the refused rows of earlier lists that this one corrects,
// and says how many.
func settleRefused(ctx context.Context, tx pgx.Tx, list int64, options ImportOptions) (int, error) {
	args := pgx.NamedArgs{"list": list, "programme": options.Programme, "month": options.Month, "unit": options.Unit.Code, "unit_from": options.Unit.ValidFrom}
	var any bool // the next statement would look at the whole list before it saw that there are none
	if err := tx.QueryRow(ctx, sqlRowsRefusedBefore, args).Scan(&any); !any || err != nil {
		return 0, err
	}
	args["by"], args["now"] = options.By, options.Now
	tag, err := tx.Exec(ctx, sqlSettleRefused, args)
	if err != nil {
		return 0, fmt.Errorf("settle refused rows by list %d: %w", list, err)
	}
	return int(tag.RowsAffected()), nil
}

// DecisionKind is what was decided of a row that was not taken.
type DecisionKind string

// The kinds. Corrected names the row that stands for it now.
const (
	RowCorrected DecisionKind = "corrected"
	RowMoved     DecisionKind = "moved"
	RowDropped   DecisionKind = "dropped"
)

// RowRef is a row of a list.
type RowRef struct {
	List int64
	Row  int
}

// RowDecision is the decision on one row. As is set for corrected ones.
type RowDecision struct {
	RowRef
	Kind   DecisionKind
	As     RowRef
	Reason string
	ByOne  string
	ByTwo  string
	At     time.Time
}

const sqlAddDecision = `
INSERT INTO registry.row_decision (list, row_no, n, kind, new_list, new_row, reason, by_one, by_two, at)
SELECT @list, @row, coalesce(max(d.n), 0) + 1, @kind, @as_list, @as_row, @reason, @one, @two, @now
  FROM registry.row_decision AS d WHERE d.list = @list AND d.row_no = @row`

// Decide records the decision. Whether it may be taken is for the caller to know.
func (d RowDecision) Decide(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, sqlAddDecision, pgx.NamedArgs{"list": d.List, "row": d.Row, "kind": d.Kind, "as_list": d.As.List, "as_row": d.As.Row,
		"reason": d.Reason, "one": d.ByOne, "two": d.ByTwo, "now": d.At})
	if err != nil {
		return fmt.Errorf("decide row %d of list %d: %w", d.Row, d.List, err)
	}
	return nil
}
