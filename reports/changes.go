package reports

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/registry"
	"ansinh/registry/people"
)

// ErrNoChanges means a list that had nothing to be compared with, or none at all.
var ErrNoChanges = errors.New("the list changed nothing that is recorded")

// ChangesOptions say whose changes to write, and for whom.
type ChangesOptions struct {
	List int64
	Now  time.Time // when the paper is made; it is printed and stands in the file
	// Reader made it: in his capacity a category is shown or masked. He is of the
	// list's commune unless Unit says otherwise.
	Reader people.Reader
	// Record notes the reading, before the workbook is there. Not nil.
	Record func(context.Context) error
	Path   string // ending in .xlsx
}

// ChangesFile is a workbook of changes that was written.
type ChangesFile struct {
	Path    string           `json:"path"`
	SHA256  string           `json:"sha256"`
	List    int64            `json:"list"`
	Unit    string           `json:"unit"`
	Month   string           `json:"month"`  // YYYY-MM
	Masked  int              `json:"masked"` // rows whose category the reader may not see
	Changes registry.Changes `json:"changes"`
}

// WriteChanges writes the official list of additions and removals of a list that
// was taken (danh sách tăng, giảm; Decree 20/2021, Article 34): heading, totals that
// a formula counts again, signatures, and each added, removed and changed right with
// its reason. It is in place only when it is whole. Names and births are those of the
// record today.
//
// It returns ErrNoChanges (LIST-CHANGES-LIST, LIST-CHANGES-NONE) and ErrNoName.
func WriteChanges(ctx context.Context, db pgdb.DB, keys *crypt.Keys, o ChangesOptions) (ChangesFile, error) {
	if !strings.HasSuffix(o.Path, ".xlsx") {
		return ChangesFile{}, errs.New(errs.Invalid, fmt.Sprintf("Tên tệp báo cáo %q phải kết thúc bằng .xlsx. / The report's file name must end in .xlsx.", filepath.Base(o.Path)), ErrNoName)
	}
	p := changePaper{options: o}
	err := pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) error { return p.read(ctx, tx, keys) })
	if err != nil {
		return ChangesFile{}, fmt.Errorf("changes of list %d: %w", o.List, err)
	}
	if err := o.Record(ctx); err != nil {
		return ChangesFile{}, fmt.Errorf("record the reading of list %d: %w", o.List, err)
	}
	digest, err := p.write()
	if err != nil {
		return ChangesFile{}, fmt.Errorf("changes of list %d: %w", o.List, err)
	}
	return ChangesFile{Path: o.Path, SHA256: digest, List: o.List, Unit: p.list.Unit, Month: p.list.Month.String()[:7], Masked: p.masked, Changes: p.sum}, nil
}

// changePaper is one workbook of changes.
type changePaper struct {
	options ChangesOptions
	demo    bool
	list    changedList
	sum     registry.Changes
	rows    []changeRow
	masked  int
	book    *workbook
	wrote   map[string]int // rows by kind
	cells   map[string]string
}

// changedList is the list whose changes are printed.
type changedList struct {
	Programme, ProgrammeName, LegalBasis string
	Month                                *calendar.Date
	Unit, UnitName                       string
	File, Sheet                          string
	SHA256                               []byte
	By                                   string
	At                                   time.Time
}

const sqlChangedList = `
SELECT l.programme, coalesce(p.name_vi, l.programme), coalesce(p.legal_basis, ''), l.month, l.unit_code, u.name_vi, l.file_name, l.sheet, l.sha256,
       l.imported_by, l.imported_at
  FROM registry.list AS l
  JOIN registry.unit AS u ON u.code = l.unit_code AND u.valid_from = l.unit_valid_from
  LEFT JOIN payout.programme AS p ON p.code = l.programme
 WHERE l.id = @list`

// read takes everything from one snapshot.
func (p *changePaper) read(ctx context.Context, tx pgx.Tx, keys *crypt.Keys) (err error) {
	if p.demo, err = registry.IsDemo(ctx, tx); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, sqlChangedList, pgx.NamedArgs{"list": p.options.List})
	p.list, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[changedList])
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Coded(errs.NotFound, "LIST-CHANGES-LIST", fmt.Sprintf("Không có danh sách số %d. Số của danh sách do lệnh list import in ra. / There is no list %d. "+
			"`list import` prints a list's number.", p.options.List, p.options.List), ErrNoChanges)
	}
	if err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	sum, err := registry.ChangesOf(ctx, tx, p.options.List)
	if err != nil {
		return err
	}
	if sum == nil {
		return errs.Coded(errs.Invalid, "LIST-CHANGES-NONE", fmt.Sprintf("Danh sách %d không có gì để so: chương trình chi một lần, hoặc đó là tháng đầu tiên của xã. / "+
			"List %d had nothing to be compared with: the programme pays once, or it is the commune's first month.", p.options.List, p.options.List), ErrNoChanges)
	}
	p.sum = *sum
	if p.options.Reader.Unit == "" {
		p.options.Reader.Unit = p.list.Unit
	}
	return p.readRows(ctx, tx, keys)
}

// changeRow is one right that a list added, removed or changed.
type changeRow struct {
	Kind                    string
	Row                     int
	Name                    string
	BirthDate               *calendar.Date
	BirthYear               int
	Precision               registry.Precision
	IDIndex, IDClosed       []byte
	Category, WasCategory   string
	What                    []string
	Cause                   string
	DecisionNo              string
	DecisionDate            *calendar.Date
	Reason                  string
	Method, BIN, Tail       string
	WasMethod, WasBIN       string
	WasTail                 string
	Amount, WasAmount       money.Amount
	Payee, WasPayee         string
	Died                    *calendar.Date
	id                      string // masked
	maskedNow, maskedBefore bool
}

const sqlChangeRows = `
SELECT c.kind, c.row_no, p.name, p.birth_date, coalesce(p.birth_year, 0), p.birth_precision, p.id_index, p.id_enc, c.category, c.was_category,
       c.what, c.cause, c.decision_no, c.decision_date, c.reason, c.method, c.bank_bin, c.account_tail, c.was_method, c.was_bank_bin, c.was_tail,
       coalesce(c.amount, 0), coalesce(o.stated_amount, 0), coalesce(n.payee_name, ''), coalesce(o.payee_name, ''), d.died_on
  FROM registry.list_change AS c
  JOIN registry.person AS p ON p.id = c.person
  LEFT JOIN registry.list_row AS o ON o.list = c.was_list AND o.row_no = c.was_row
  LEFT JOIN registry.list_row AS n ON c.kind <> 'removed' AND n.list = c.list AND n.row_no = c.row_no
  LEFT JOIN registry.death_now AS d ON d.person = c.person
 WHERE c.list = @list
 ORDER BY c.n`

func (p *changePaper) readRows(ctx context.Context, tx pgx.Tx, keys *crypt.Keys) error {
	rows, _ := tx.Query(ctx, sqlChangeRows, pgx.NamedArgs{"list": p.options.List})
	var r changeRow
	_, err := pgx.ForEachRow(rows, []any{&r.Kind, &r.Row, &r.Name, &r.BirthDate, &r.BirthYear, &r.Precision, &r.IDIndex, &r.IDClosed, &r.Category, &r.WasCategory,
		&r.What, &r.Cause, &r.DecisionNo, &r.DecisionDate, &r.Reason, &r.Method, &r.BIN, &r.Tail, &r.WasMethod, &r.WasBIN, &r.WasTail,
		&r.Amount, &r.WasAmount, &r.Payee, &r.WasPayee, &r.Died}, func() error {
		one := r
		if one.IDClosed != nil {
			id, err := registry.OpenID(keys, one.IDIndex, one.IDClosed)
			if err != nil {
				return err
			}
			digits := id.Reveal()
			one.id = maskedTail(digits[max(0, len(digits)-4):])
		}
		reader := p.options.Reader
		one.maskedNow = !reader.ShowsCategory(one.Category, p.list.Unit)
		one.maskedBefore = one.WasCategory != "" && !reader.ShowsCategory(one.WasCategory, p.list.Unit)
		if one.maskedNow || one.maskedBefore {
			p.masked++
		}
		one.IDIndex, one.IDClosed = nil, nil
		p.rows = append(p.rows, one)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the changes: %w", err)
	}
	return nil
}

func maskedTail(tail string) string {
	if tail == "" {
		return ""
	}
	return "••••" + tail
}

// born writes a birth as far as it is known.
func (r changeRow) born() string {
	switch r.Precision {
	case registry.PrecisionDay:
		return r.BirthDate.Vietnamese()
	case registry.PrecisionMonth:
		return fmt.Sprintf("%02d/%d", int(r.BirthDate.Month()), r.BirthDate.Year())
	case registry.PrecisionYear:
		return fmt.Sprint(r.BirthYear)
	case registry.PrecisionNone:
	}
	return ""
}

// decision writes number and day as a list has them.
func (r changeRow) decision() string {
	if r.DecisionDate == nil {
		return r.DecisionNo
	}
	return r.DecisionNo + " ngày " + r.DecisionDate.Vietnamese()
}

func categoryText(code string, masked bool) string {
	if masked {
		return changeWords.masked.vi
	}
	for _, c := range registry.Categories() {
		if c.Code == code {
			return c.Code + " – " + c.NameVI
		}
	}
	return code
}

// category is that after the list, or before it of a right that ended.
func (r changeRow) category() string { return categoryText(r.Category, r.maskedNow) }

// reasonText is why, in words. Of a masked category it could tell what is masked.
func (r changeRow) reasonText() string {
	if r.Reason != "" && (r.maskedNow || r.maskedBefore) {
		return fmt.Sprintf(changeWords.seeRow.vi, r.Row)
	}
	return r.Reason
}

// why says in words why a right came, ended or changed, and what changed.
func (r changeRow) why() string {
	var lines []string
	add := func(text string) {
		if text != "" {
			lines = append(lines, text)
		}
	}
	switch r.Kind {
	case "removed":
		if cause, other := removedCauses[r.Cause]; other {
			if r.Cause == "death" && r.Died != nil {
				add(fmt.Sprintf(cause.vi, r.Died.Vietnamese()))
			} else {
				add(cause.vi)
			}
		}
	case "changed":
		lines = r.changed()
	}
	add(r.reasonText())
	return strings.Join(lines, "\n")
}

// changed writes what was and what is, a line each.
func (r changeRow) changed() []string {
	var lines []string
	way := false
	for _, what := range r.What {
		switch what {
		case "category":
			lines = append(lines, fmt.Sprintf("%s: %s → %s", changedFields.category.vi, categoryText(r.WasCategory, r.maskedBefore), categoryText(r.Category, r.maskedNow)))
		case "method", "bank", "account":
			if !way {
				lines = append(lines, fmt.Sprintf("%s: %s → %s", changedFields.way.vi, wayText(r.WasMethod, r.WasBIN, r.WasTail), wayText(r.Method, r.BIN, r.Tail)))
			}
			way = true
		case "holder":
			if !slices.Contains(r.What, "method") { // from or to cash a holder comes or goes with the account
				lines = append(lines, changedFields.holder.vi)
			}
		case "payee":
			lines = append(lines, fmt.Sprintf("%s: %s → %s", changedFields.payee.vi, orNone(r.WasPayee), orNone(r.Payee)))
		case "amount":
			lines = append(lines, fmt.Sprintf("%s: %s → %s", changedFields.amount.vi, statedText(r.WasAmount), statedText(r.Amount)))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, changeWords.noted.vi)
	}
	return lines
}

func orNone(text string) string {
	if text == "" {
		return words.none.vi
	}
	return text
}

func statedText(a money.Amount) string {
	if a == 0 {
		return words.none.vi
	}
	return a.String()
}

// way is how the money comes: after the list, or until it of a right that ended.
func (r changeRow) way() string {
	if r.Kind == "removed" {
		return wayText(r.WasMethod, r.WasBIN, r.WasTail)
	}
	return wayText(r.Method, r.BIN, r.Tail)
}

func wayText(method, bin, tail string) string {
	if method != "account" {
		return wayWords[method]
	}
	bank := bin
	if found, certain := registry.FindBank(bin); certain {
		bank = found[0].Name
	}
	return strings.TrimSpace(bank + " " + maskedTail(tail))
}
