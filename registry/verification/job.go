package verification

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// Job verifies whole lists.
type Job struct {
	DB       pgdb.DB
	Keys     *crypt.Keys
	Random   io.Reader
	Now      func() time.Time
	People   PopulationRegister // of a job on the population
	Accounts AccountDirectory   // of a job on accounts
	MaxAge   time.Duration      // an answer younger than this is used again; 0 = 30 days
	Lease    time.Duration      // how long a worker that says nothing keeps the job; 0 = 1 minute
	Wall     func() time.Time   // the clock of leases where Now stands still, as in a demo; nil = Now
}

// Errors a caller may match.
var (
	ErrNoJob = errors.New("no such verification")
	ErrBusy  = errors.New("another worker has the verification")
)

// Summary is where a verification stands.
type Summary struct {
	ID       int64
	List     int64
	Source   Source
	MadeBy   string
	MadeAt   time.Time
	EndedAt  *time.Time
	Total    int64
	Waiting  int64
	Same     int64
	Differ   int64
	Dead     int64
	NotFound int64
	NotAsked int64
	Open     int64 // differences, deaths and unknown ids that nobody has ended
	Proposed int64 // of them those whose correction waits for a second person
}

func (j *Job) maxAge() time.Duration {
	if j.MaxAge == 0 {
		return 30 * 24 * time.Hour
	}
	return j.MaxAge
}

// lease is now, and until when a worker that says nothing more keeps a job.
func (j *Job) lease() (now, until time.Time) {
	now, length := j.Now(), j.Lease
	if j.Wall != nil {
		now = j.Wall()
	}
	if length == 0 {
		length = time.Minute
	}
	return now, now.Add(length)
}

const sqlListExists = `SELECT EXISTS (SELECT 1 FROM registry.list WHERE id = @list)`

const sqlAddJob = `
INSERT INTO registry.verification (list, source, total, made_by, made_at) VALUES (@list, @source, 0, @by, @now) RETURNING id`

// A record that was merged away is asked about under the kept one, once.
const sqlAddItems = `
INSERT INTO registry.verification_item (verification, person, verdict)
SELECT @job, p.id,
       CASE WHEN @source = 'population' AND p.id_index IS NULL THEN 'not_asked'
            WHEN @source = 'account' AND w.account_index IS NULL THEN 'not_asked'
            ELSE 'waiting' END
  FROM (SELECT DISTINCT coalesce(s.kept, r.person) AS id
          FROM registry.list_row AS r LEFT JOIN registry.same_person AS s ON s.gone = r.person
         WHERE r.list = @list) AS d
  JOIN registry.person AS p ON p.id = d.id
  LEFT JOIN registry.way_on(@day) AS w ON w.person = p.id`

// Start opens a verification of everybody on a list. Nothing is asked yet.
func (j *Job) Start(ctx context.Context, list int64, source Source, by string) (int64, error) {
	var id int64
	err := pgdb.InTx(ctx, j.DB, func(ctx context.Context, tx pgx.Tx) error {
		args := pgx.NamedArgs{"list": list, "source": source, "by": by, "now": j.Now(), "day": calendar.DateOf(j.Now())}
		var there bool
		if err := tx.QueryRow(ctx, sqlListExists, args).Scan(&there); err != nil {
			return fmt.Errorf("list %d: %w", list, err)
		}
		if !there || source != Population && source != Accounts || by == "" {
			return errs.Coded(errs.Invalid, "VERIFY-START", fmt.Sprintf("Cần một danh sách đã nhập (không có số %d?), nguồn population hoặc account, và người lập. / "+
				"It takes a list that was imported (is there no %d?), source population or account, and who asks.", list, list), nil)
		}
		if err := tx.QueryRow(ctx, sqlAddJob, args).Scan(&id); err != nil {
			return fmt.Errorf("open a verification of list %d: %w", list, err)
		}
		args["job"] = id
		tag, err := tx.Exec(ctx, sqlAddItems, args)
		if err != nil {
			return fmt.Errorf("people of verification %d: %w", id, err)
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: j.Now(), Actor: by, Act: "verification.start", Subject: fmt.Sprintf("list %d", list),
			Detail: map[string]any{"verification": id, "source": string(source), "people": tag.RowsAffected()}})
		return err
	})
	return id, err
}

const sqlTakeJob = `
UPDATE registry.verification SET fence = fence + 1, busy_until = @until
 WHERE id = @job AND (busy_until IS NULL OR busy_until <= @now)
RETURNING fence, source`

// Run is one worker's hold on a verification.
type Run struct {
	job    *Job
	id     int64
	source Source
	fence  int64
}

// Take takes a verification up. It returns ErrNoJob, and ErrBusy while another
// worker works on it or died less than a lease ago.
func (j *Job) Take(ctx context.Context, id int64) (*Run, error) {
	r := &Run{job: j, id: id}
	err := pgdb.InTx(ctx, j.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := Read(ctx, tx, id); err != nil {
			return err
		}
		now, until := j.lease()
		err := tx.QueryRow(ctx, sqlTakeJob, pgx.NamedArgs{"job": id, "now": now, "until": until}).Scan(&r.fence, &r.source)
		if errors.Is(err, pgx.ErrNoRows) {
			return busy(id)
		}
		if err != nil {
			return fmt.Errorf("take verification %d: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func busy(id int64) error {
	return errs.Coded(errs.Conflict, "VERIFY-BUSY", fmt.Sprintf("Việc đối chiếu %d đang chạy ở nơi khác, hoặc vừa dừng chưa đến một phút. / "+
		"Verification %d runs elsewhere, or stopped less than a minute ago.", id, id), ErrBusy)
}

const sqlSummary = `
SELECT v.id, v.list, v.source, v.made_by, v.made_at, v.ended_at, count(i.person),
       count(*) FILTER (WHERE i.verdict = 'waiting'), count(*) FILTER (WHERE i.verdict = 'same'), count(*) FILTER (WHERE i.verdict = 'different'),
       count(*) FILTER (WHERE i.verdict = 'dead'), count(*) FILTER (WHERE i.verdict = 'not_found'), count(*) FILTER (WHERE i.verdict = 'not_asked'),
       count(o.person), count(*) FILTER (WHERE o.waiting)
  FROM registry.verification AS v
  LEFT JOIN registry.verification_item AS i ON i.verification = v.id
  LEFT JOIN registry.difference_open AS o ON o.verification = i.verification AND o.person = i.person
 WHERE v.id = @job
 GROUP BY v.id`

// Read says where a verification stands, or returns ErrNoJob.
func Read(ctx context.Context, db pgdb.Querier, id int64) (Summary, error) {
	rows, _ := db.Query(ctx, sqlSummary, pgx.NamedArgs{"job": id})
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Summary])
	if errors.Is(err, pgx.ErrNoRows) {
		return Summary{}, errs.Coded(errs.NotFound, "VERIFY-NONE", fmt.Sprintf("Không có việc đối chiếu số %d. / There is no verification %d.", id, id), ErrNoJob)
	}
	if err != nil {
		return Summary{}, fmt.Errorf("verification %d: %w", id, err)
	}
	return s, nil
}

const sqlGiveUp = `UPDATE registry.verification SET busy_until = NULL WHERE id = @job AND fence = @fence`

// GiveUp lets another worker take the verification at once.
func (r *Run) GiveUp(ctx context.Context) error {
	if _, err := r.job.DB.Exec(ctx, sqlGiveUp, pgx.NamedArgs{"job": r.id, "fence": r.fence}); err != nil {
		return fmt.Errorf("give up verification %d: %w", r.id, err)
	}
	return nil
}
