package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Entry is one act to be recorded.
type Entry struct {
	At      time.Time // when, by the engine's clock; kept to the microsecond
	Actor   string    // who: a user's name, a bank's key, or "system: …"
	Act     string    // what, such as "section.approve"
	Subject string    // to what, such as "section 12/3"; may be empty
	// Detail is anything encoding/json turns into an object without fractions;
	// nil is the empty object. Amounts go in as strings or integers.
	Detail any
}

// RecordID numbers records in the order they were begun, with gaps where a
// transaction was rolled back. The gapless number is that of the chain.
type RecordID int64

// ErrEntry means that an entry cannot be recorded as it is; the text says why.
var ErrEntry = errors.New("audit entry refused")

const sqlAppend = `
WITH added AS (
	INSERT INTO audit.record (at, actor, act, subject, detail)
	SELECT e.at, e.actor, e.act, e.subject, e.detail
	  FROM unnest(@at::timestamptz[], @actor::text[], @act::text[], @subject::text[], @detail::text[])
	       WITH ORDINALITY AS e (at, actor, act, subject, detail, n)
	 ORDER BY e.n
	RETURNING id
), listed AS (
	INSERT INTO audit.pending (record) SELECT id FROM added
)
SELECT id FROM added ORDER BY id`

// Append records entries, in this order, in the transaction of the acts
// themselves. It returns their ids, or an error that is [ErrEntry] and leaves tx
// usable when an entry is not fit.
func Append(ctx context.Context, tx pgx.Tx, entries ...Entry) ([]RecordID, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	n := len(entries)
	at := make([]time.Time, n)
	actor, act, subject, detail := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, e := range entries {
		text, err := e.check()
		if err != nil {
			return nil, fmt.Errorf("record %q by %q: %w", e.Act, e.Actor, err)
		}
		at[i], actor[i], act[i], subject[i], detail[i] = e.At, e.Actor, e.Act, e.Subject, text
	}
	rows, _ := tx.Query(ctx, sqlAppend, pgx.NamedArgs{
		"at": at, "actor": actor, "act": act, "subject": subject, "detail": detail,
	})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[RecordID])
	if err != nil {
		return nil, fmt.Errorf("record %q by %q: %w", entries[0].Act, entries[0].Actor, err)
	}
	return ids, nil
}

// check returns the canonical detail of a sound entry.
func (e Entry) check() (detail string, err error) {
	switch {
	case e.At.IsZero():
		return "", fmt.Errorf("%w: no time", ErrEntry)
	case e.Actor == "" || e.Act == "":
		return "", fmt.Errorf("%w: actor and act must be named", ErrEntry)
	}
	for _, s := range []string{e.Actor, e.Act, e.Subject} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return "", fmt.Errorf("%w: %q is not text", ErrEntry, s)
		}
	}
	return canonical(e.Detail)
}

// canonical is the one spelling of a detail: an object with keys in byte order,
// no spaces, no escapes but those JSON demands, and no fractions.
func canonical(detail any) (string, error) {
	if detail == nil {
		return "{}", nil
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return "", fmt.Errorf("%w: detail: %w", ErrEntry, err)
	}
	// Twice, so that a struct's order of fields does not matter.
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return "", fmt.Errorf("%w: detail must be a JSON object, not %s", ErrEntry, text)
	}
	if err := checkValue(object); err != nil {
		return "", err
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil { // maps are written with sorted keys
		return "", fmt.Errorf("%w: detail: %w", ErrEntry, err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func checkValue(value any) error {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if err := errors.Join(checkValue(key), checkValue(inner)); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for _, inner := range v {
			if err := checkValue(inner); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return fmt.Errorf("%w: detail holds the fraction %s; write it as text", ErrEntry, v)
		}
		return nil
	case string:
		if strings.ContainsRune(v, 0) {
			return fmt.Errorf("%w: detail holds a zero byte", ErrEntry)
		}
		return nil
	default: // true, false, null
		return nil
	}
}
