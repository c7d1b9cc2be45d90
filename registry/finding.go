package registry

import (
	"fmt"
	"strconv"
	"strings"
)

// Severity says what a finding does to its row.
type Severity string

// The severities. An error keeps the row out; a warning is shown and the row is
// taken; a repair offers a value, and keeps the row out until a person accepts
// the offers or corrects the cell.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityRepair  Severity = "repair"
)

// Finding is one thing wrong with a list: where, what, why, how to mend it.
type Finding struct {
	Code     Code
	Severity Severity
	Sheet    string
	Row      int    // as the spreadsheet counts, 0 = the whole file
	Column   string // letters, "" = the whole row
	Heading  string // the column's heading as the officer wrote it
	Value    string // what the cell holds; personal data, for the officer's own eyes
	// Proposed is the value a repair offers. A warning may carry one too: nothing
	// but a person takes that one over.
	Proposed string
	// Accepted is set on a repair whose value was taken.
	Accepted bool
	args     []any
	// masked marks a column whose values never leave the officer's table whole.
	masked bool
}

// Refuses reports whether the finding keeps its row out.
func (f Finding) Refuses() bool {
	return f.Severity == SeverityError || f.Severity == SeverityRepair && !f.Accepted
}

// Cell returns the address of the cell, such as "E12", or "" for the file.
func (f Finding) Cell() string {
	if f.Row == 0 {
		return ""
	}
	return f.Column + strconv.Itoa(f.Row)
}

// Shown returns the value as it may be stored and logged: ids, accounts and
// phones masked.
func (f Finding) Shown() string { return f.shown(f.Value) }

// ShownProposed returns the offered value as it may be stored and logged.
func (f Finding) ShownProposed() string { return f.shown(f.Proposed) }

func (f Finding) shown(value string) string {
	if f.masked {
		return maskDigits(value)
	}
	return value
}

// Reason says in Vietnamese and English what is wrong.
func (f Finding) Reason() (vi, en string) {
	text := findingTexts[f.Code]
	return fill(text.vi, f.args), fill(text.en, f.args)
}

// Remedy says in Vietnamese and English how to mend it.
func (f Finding) Remedy() (vi, en string) {
	text := findingTexts[f.Code]
	return fill(text.doVI, f.args), fill(text.doEN, f.args)
}

// String returns place, code, reason and remedy, Vietnamese first, without the
// cell's value.
func (f Finding) String() string {
	vi, en := f.Reason()
	doVI, doEN := f.Remedy()
	place := f.Cell()
	if place != "" {
		place += " "
	}
	return fmt.Sprintf("%s%s: %s. %s. / %s. %s.", place, f.Code, vi, doVI, en, doEN)
}

// ErrorsRow returns the line of docs/ERRORS.md for a code: code, severity,
// Vietnamese, English, what to do. The words stand only in the code; [ErrorsPage]
// writes them into the page.
func ErrorsRow(code Code) string {
	text := findingTexts[code]
	words := strings.NewReplacer("%v", "…", "|", "\\|")
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s / %s |", code, code.Severity(), words.Replace(text.vi), words.Replace(text.en),
		words.Replace(text.doVI), words.Replace(text.doEN))
}

// The marks in docs/ERRORS.md between which the findings of lists stand.
const (
	errorsBegin = "<!-- written by make errors from registry/findingtext.go: begin -->\n"
	errorsEnd   = "<!-- end -->\n"
)

// ErrorsPage returns docs/ERRORS.md with the findings of lists as the code has
// them, or false for a page without the marks.
func ErrorsPage(page string) (string, bool) {
	before, rest, begins := strings.Cut(page, errorsBegin)
	_, after, ends := strings.Cut(rest, errorsEnd)
	if !begins || !ends {
		return page, false
	}
	table := "\n| code | severity | Vietnamese | English | what to do |\n|---|---|---|---|---|\n"
	for _, code := range Codes() {
		table += ErrorsRow(code) + "\n"
	}
	return before + errorsBegin + table + "\n" + errorsEnd + after, true
}

// KindWords says in Vietnamese what findings of a code have in common: its reason
// with … for what differs.
func KindWords(code Code) string { return strings.ReplaceAll(findingTexts[code].vi, "%v", "…") }

// fill is Sprintf that may leave arguments over: a remedy rarely repeats all.
func fill(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	out, next := "", 0
	for i := 0; i < len(format); i++ {
		if format[i] == '%' && i+1 < len(format) && format[i+1] == 'v' && next < len(args) {
			out += fmt.Sprint(args[next])
			next++
			i++
			continue
		}
		out += format[i : i+1]
	}
	return out
}

// FileError is a file that is no list at all, or one whose rows cannot be
// read: nothing was taken.
type FileError struct {
	Finding Finding
	Err     error // the cause, may be nil
}

// Error returns the finding's words.
func (e *FileError) Error() string { return e.Finding.String() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Is reports whether target is a *FileError of the same code, so that callers
// and tests compare with errors.Is.
func (e *FileError) Is(target error) bool {
	other, ok := target.(*FileError)
	return ok && other.Finding.Code == e.Finding.Code
}

func fileError(code Code, cause error, args ...any) *FileError {
	return &FileError{Finding: Finding{Code: code, Severity: SeverityError, args: args}, Err: cause}
}
