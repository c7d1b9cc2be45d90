package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const sqlAddRefusals = `
INSERT INTO registry.list_refusal (list, seq, row_no, column_ref, code, severity, value, message, proposed, args)
SELECT @list, n, row_no, column_ref, code, severity, value, message, proposed, args::jsonb
  FROM unnest(@rows::integer[], @columns::text[], @codes::text[], @severities::text[], @values::text[], @messages::text[], @proposed::text[], @args::text[])
       WITH ORDINALITY AS f (row_no, column_ref, code, severity, value, message, proposed, args, n)`

const sqlAddWarnings = `
INSERT INTO registry.list_warning (list, seq, row_no, column_ref, code, severity, value, message, proposed, args)
SELECT @list, n, row_no, column_ref, code, severity, value, message, proposed, args::jsonb
  FROM unnest(@rows::integer[], @columns::text[], @codes::text[], @severities::text[], @values::text[], @messages::text[], @proposed::text[], @args::text[])
       WITH ORDINALITY AS f (row_no, column_ref, code, severity, value, message, proposed, args, n)`

// filledWith is what stands in the places of the finding's words, as text: it is
// stored beside the code, so that a page can say them in either language.
func (f Finding) filledWith() []string {
	args := make([]string, len(f.args))
	for i, a := range f.args {
		args[i] = fmt.Sprint(a)
	}
	return args
}

// addFindings records what kept rows out and what did not, with values masked. A
// repair that was accepted kept nothing out.
func addFindings(ctx context.Context, tx pgx.Tx, list int64, findings []Finding) error {
	for _, part := range []struct {
		refuses bool
		sql     string
	}{{true, sqlAddRefusals}, {false, sqlAddWarnings}} {
		var rows []int32
		var columns, codes, severities, values, messages, proposed, filled []string
		for _, f := range findings {
			if f.Refuses() != part.refuses {
				continue
			}
			rows = append(rows, int32(f.Row))
			columns = append(columns, f.Column)
			codes = append(codes, string(f.Code))
			severities = append(severities, string(f.Severity))
			values = append(values, f.Shown())
			messages = append(messages, f.String())
			proposed = append(proposed, f.ShownProposed())
			args, err := json.Marshal(f.filledWith())
			if err != nil {
				return fmt.Errorf("write down what finding %s says: %w", f.Code, err)
			}
			filled = append(filled, string(args))
		}
		if len(rows) == 0 {
			continue
		}
		_, err := tx.Exec(ctx, part.sql, pgx.NamedArgs{"list": list, "rows": rows, "columns": columns, "codes": codes,
			"severities": severities, "values": values, "messages": messages, "proposed": proposed, "args": filled})
		if err != nil {
			return fmt.Errorf("record %d findings of list %d: %w", len(rows), list, err)
		}
	}
	return nil
}
