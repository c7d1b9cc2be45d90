package verification

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// Source is whom is asked.
type Source string

// The sources.
const (
	Population Source = "population"
	Accounts   Source = "account"
)

// kept is one stored answer.
type kept struct {
	ID      int64
	Subject []byte
	BIN     string // of an account
	Found   bool
	Closed  []byte
	Version string
	AskedAt time.Time
}

const sqlFreshAnswers = `
SELECT DISTINCT ON (a.subject, a.bank_bin) a.id, a.subject, a.bank_bin, a.found, a.body_enc, a.version, a.asked_at
  FROM registry.answer AS a
 WHERE a.source = @source AND a.subject = ANY (@subjects::bytea[]) AND a.asked_at > @since
 ORDER BY a.subject, a.bank_bin, a.asked_at DESC, a.id DESC`

// subjectOf names what is asked about: an id, or an account at its bank.
func subjectOf(index []byte, bin string) string { return bin + "/" + hex.EncodeToString(index) }

// fresh finds answers young enough to be used again, by [subjectOf].
func fresh(ctx context.Context, db pgdb.Querier, source Source, subjects [][]byte, since time.Time) (map[string]kept, error) {
	rows, _ := db.Query(ctx, sqlFreshAnswers, pgx.NamedArgs{"source": source, "subjects": subjects, "since": since})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		return nil, fmt.Errorf("kept answers: %w", err)
	}
	by := map[string]kept{}
	for _, k := range list {
		by[subjectOf(k.Subject, k.BIN)] = k
	}
	return by, nil
}

const sqlAnswer = `SELECT id, subject, bank_bin, found, body_enc, version, asked_at FROM registry.answer WHERE id = @id`

func readAnswer(ctx context.Context, db pgdb.Querier, id int64) (kept, error) {
	rows, _ := db.Query(ctx, sqlAnswer, pgx.NamedArgs{"id": id})
	k, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		return kept{}, fmt.Errorf("answer %d: %w", id, err)
	}
	return k, nil
}

func bodyPlace(source Source, subject []byte) crypt.Place {
	return crypt.Place{Column: "answer-" + string(source), Row: hex.EncodeToString(subject)}
}

// open reads what a kept answer says into v.
func (k kept) open(keys *crypt.Keys, source Source, v any) error {
	text, err := keys.Decrypt(bodyPlace(source, k.Subject), k.Closed)
	if err != nil {
		return fmt.Errorf("open answer %d: %w", k.ID, err)
	}
	if err := json.Unmarshal([]byte(text.Reveal()), v); err != nil {
		return fmt.Errorf("read answer %d: %w", k.ID, err)
	}
	return nil
}

const sqlKeepAnswers = `
INSERT INTO registry.answer (source, subject, bank_bin, found, body_enc, version, asked_at)
SELECT @source, t.subject, t.bin, t.found, t.body, t.version, @now
  FROM unnest(@subjects::bytea[], @bins::text[], @found::boolean[], @bodies::bytea[], @versions::text[]) AS t (subject, bin, found, body, version)
RETURNING subject, bank_bin, id`

// said is an answer on its way into the store.
type said struct {
	subject []byte
	bin     string
	found   bool
	version string
	body    any
}

// keep stores answers and returns their numbers by [subjectOf].
func (j *Job) keep(ctx context.Context, tx pgx.Tx, source Source, answers []said, now time.Time) (map[string]int64, error) {
	var subjects, bodies [][]byte
	var found []bool
	var versions, bins []string
	for _, a := range answers {
		text, err := json.Marshal(a.body)
		if err != nil {
			return nil, fmt.Errorf("write an answer down: %w", err)
		}
		closed, err := j.Keys.Encrypt(j.Random, bodyPlace(source, a.subject), crypt.Secret(text))
		if err != nil {
			return nil, fmt.Errorf("close an answer: %w", err)
		}
		subjects, bodies, found, versions = append(subjects, a.subject), append(bodies, closed), append(found, a.found), append(versions, a.version)
		bins = append(bins, a.bin)
	}
	rows, _ := tx.Query(ctx, sqlKeepAnswers, pgx.NamedArgs{"source": source, "subjects": subjects, "bins": bins, "found": found, "bodies": bodies,
		"versions": versions, "now": now})
	by := map[string]int64{}
	var subject []byte
	var bin string
	var id int64
	_, err := pgx.ForEachRow(rows, []any{&subject, &bin, &id}, func() error {
		by[subjectOf(subject, bin)] = id
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep answers: %w", err)
	}
	return by, nil
}
