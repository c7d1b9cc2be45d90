package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const sqlAddRefusals = `
INSERT INTO registry.list_refusal (list, seq, row_no, column_ref, code, severity, value, message)
SELECT @list, n, row_no, column_ref, code, 'error', value, message
  FROM unnest(@rows::integer[], @columns::text[], @codes::text[], @values::text[], @messages::text[])
       WITH ORDINALITY AS f (row_no, column_ref, code, value, message, n)`

const sqlAddWarnings = `
INSERT INTO registry.list_warning (list, seq, row_no, column_ref, code, severity, value, message)
SELECT @list, n, row_no, column_ref, code, 'warning', value, message
  FROM unnest(@rows::integer[], @columns::text[], @codes::text[], @values::text[], @messages::text[])
       WITH ORDINALITY AS f (row_no, column_ref, code, value, message, n)`

// addFindings records errors and warnings with their values masked.
func addFindings(ctx context.Context, tx pgx.Tx, list int64, findings []Finding) error {
	for _, part := range []struct {
		severity Severity
		sql      string
	}{{SeverityError, sqlAddRefusals}, {SeverityWarning, sqlAddWarnings}} {
		var rows []int32
		var columns, codes, values, messages []string
		for _, f := range findings {
			if f.Severity != part.severity {
				continue
			}
			rows = append(rows, int32(f.Row))
			columns = append(columns, f.Column)
			codes = append(codes, string(f.Code))
			values = append(values, f.Shown())
			messages = append(messages, f.String())
		}
		if len(rows) == 0 {
			continue
		}
		_, err := tx.Exec(ctx, part.sql, pgx.NamedArgs{"list": list, "rows": rows, "columns": columns,
			"codes": codes, "values": values, "messages": messages})
		if err != nil {
			return fmt.Errorf("record %d findings of list %d: %w", len(rows), list, err)
		}
	}
	return nil
}
