package registry

import (
	"bytes"
	"context"
	"errors"
	"io"

	"ansinh/internal/pgdb"
)

// CheckRow is one line of the table `list check` prints.
type CheckRow struct {
	Cell      string `json:"cell"` // "E12", empty for the whole file
	Heading   string `json:"heading"`
	Code      Code   `json:"code"`
	Severity  string `json:"severity"`
	Value     string `json:"value"` // ids, accounts and phones masked
	Reason    string `json:"reason"`
	ReasonEN  string `json:"reason_en"`
	Remedy    string `json:"remedy"`
	RemedyEN  string `json:"remedy_en"`
	RowNumber int    `json:"row"`
	Proposed  string `json:"proposed,omitempty"` // masked as Value is
	Accepted  bool   `json:"accepted,omitempty"`
	Refuses   bool   `json:"refuses"` // keeps the row out
}

// CheckReport is what checking a file shows.
type CheckReport struct {
	Sheet    string     `json:"sheet"`
	Rows     int        `json:"rows"`
	Sound    int        `json:"sound"`
	Refused  int        `json:"refused"`
	Warnings int        `json:"warnings"`
	Offers   int        `json:"offers"` // repairs that wait for a yes
	Skipped  Skipped    `json:"skipped"`
	Previews []Preview  `json:"previews,omitempty"`
	Missing  []Missing  `json:"missing,omitempty"` // people of last time
	Changes  *Changes   `json:"changes,omitempty"` // see List.Changes
	Table    []CheckRow `json:"table"`

	// For an annotated copy, which goes back to who made the list: the row of the
	// headings, and the findings with their values.
	HeaderRow int       `json:"-"`
	Findings  []Finding `json:"-"`
}

// Check reads a file as an import would, takes nothing, and returns everything
// wrong with it as a table. It does not look at the people already registered.
//
// A file that is no list is a report of one line, not an error; errors are what
// the officer cannot mend, such as a file that cannot be read from disk.
func Check(ctx context.Context, db pgdb.Querier, file io.ReaderAt, size int64, options ImportOptions) (CheckReport, error) {
	demo, err := IsDemo(ctx, db)
	if err != nil {
		return CheckReport{}, err
	}
	list, err := ReadList(ctx, file, size, options.Reading(demo))
	var refused *FileError
	if errors.As(err, &refused) {
		return CheckReport{Table: Table([]Finding{refused.Finding}), Findings: []Finding{refused.Finding}}, nil
	}
	if err != nil {
		return CheckReport{}, err
	}
	return ReportOf(list), nil
}

// ReportOf makes the report of a list that was read.
func ReportOf(list List) CheckReport {
	report := CheckReport{Sheet: list.Sheet, Rows: len(list.Lines), Sound: list.Taken(), Refused: list.Refused(),
		Skipped: list.Skipped, Previews: list.Previews, Table: Table(list.Findings), HeaderRow: list.HeaderRow, Findings: list.Findings,
		Changes: list.Changes}
	for _, f := range list.Findings {
		switch {
		case f.Severity == SeverityWarning:
			report.Warnings++
		case f.Severity == SeverityRepair && !f.Accepted:
			report.Offers++
		}
	}
	return report
}

// Passed reports whether an import would take the whole list.
func (r CheckReport) Passed() bool {
	for _, row := range r.Table {
		if row.Refuses {
			return false
		}
	}
	return true
}

// Table turns findings into lines for people.
func Table(findings []Finding) []CheckRow {
	table := make([]CheckRow, len(findings))
	for i, f := range findings {
		reason, reasonEN := f.Reason()
		remedy, remedyEN := f.Remedy()
		table[i] = CheckRow{Cell: f.Cell(), Heading: f.Heading, Code: f.Code, Severity: string(f.Severity), Value: f.Shown(),
			Reason: reason, ReasonEN: reasonEN, Remedy: remedy, RemedyEN: remedyEN, RowNumber: f.Row,
			Proposed: f.ShownProposed(), Accepted: f.Accepted, Refuses: f.Refuses()}
	}
	return table
}

// CheckBytes is Check for a file in memory.
func CheckBytes(ctx context.Context, db pgdb.Querier, content []byte, options ImportOptions) (CheckReport, error) {
	return Check(ctx, db, bytes.NewReader(content), int64(len(content)), options)
}
