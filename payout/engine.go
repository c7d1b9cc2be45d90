package payout

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
)

// The crash points of the money path, for the simulator.
const (
	PointIntentCommitted = "payout: intent committed"
	PointClaimed         = "payout: claim committed"
	PointJournalled      = "payout: send journal on disk"
	PointSent            = "payout: bank called, nothing recorded"
	PointRecorded        = "payout: outcome recorded"
)

// Line is how one channel is reached.
type Line struct {
	Bank    *bankadapters.Breaker
	Wire    bankadapters.Wire
	Profile bankadapters.Profile
}

// Engine runs the dispatch steps. Each step does bounded work, keeps nothing in
// memory between calls and may be called by several processes at once.
type Engine struct {
	DB      pgdb.DB
	Keys    *crypt.Keys
	Origin  Origin
	Now     func() time.Time
	Journal *Journal
	Lines   map[bankadapters.Key]*Line
	Log     *slog.Logger
	Planted Planted // only package simtest sets it
}

// Planted switches on faults that the simulator must find. All false in
// production; no flag or setting reaches it.
type Planted struct {
	ResendOnTimeout    bool // a time-out is treated as not sent
	SendingBackToReady bool // after a restart the journal is not asked
	CallBeforeCommit   bool // the bank is called before the intent is committed
}

// Progress is what one step did. Waiting says why it did nothing, when that is
// something a person may want to mend.
type Progress struct {
	Did     bool
	Waiting string
}

// Tuning of the steps, in the engine's clock.
const (
	sendWindow      = 72 * time.Hour   // an intent not sent by then may only be withdrawn
	claimSlack      = time.Minute      // beyond the bank's own time-out
	inquiryDelay    = 5 * time.Minute  // after a doubt, and between inquiries
	inquiryMax      = time.Hour        // between inquiries at most
	listPatience    = 24 * time.Hour   // between inquiries about a list the provider has taken
	probeDelay      = 2 * time.Minute  // between probes of a bank that is down
	resendMargin    = 10 * time.Minute // before the end of the bank's duplicate memory
	canaryMax       = 100              // payments of a first submission
	submissionMax   = 10_000           // payments of any submission
	remittanceTitle = "TRO CAP ASXH "  // neutral: the same for every category
	nameMax         = 70               // characters of a name on a bank's wire
)

// row is one payment as a submission needs it.
type row struct {
	Payment      int64
	Attempt      int16
	Amount       money.Amount
	BIN          string
	Holder       string
	Name         string
	AccountEnc   []byte
	AccountIndex []byte
	IDEnc        []byte
	IDIndex      []byte
	Unit         string
}

// instruction opens what was closed and writes names as a bank can keep them.
func (e *Engine) instruction(s Submission, provider bool, r row) (bankadapters.Instruction, error) {
	in := bankadapters.Instruction{
		EndToEnd: e.originOf(s).EndToEnd(Ref{Batch: s.Batch, Payment: r.Payment, Attempt: r.Attempt}),
		Amount:   r.Amount,
		Text:     fmt.Sprintf("%s%02d/%d", remittanceTitle, int(s.Execution.Month()), s.Execution.Year()),
	}
	if provider {
		in.Creditor.Name, in.Unit = r.Name, r.Unit
		if len(r.IDEnc) > 0 {
			id, err := e.Keys.Decrypt(columnPlace(crypt.FieldID, r.IDIndex), r.IDEnc)
			if err != nil {
				return in, fmt.Errorf("personal id of payment %d: %w", r.Payment, err)
			}
			in.Person = id.Reveal()
		}
		return in, nil
	}
	account, err := e.Keys.Decrypt(columnPlace(crypt.FieldAccount, r.AccountIndex), r.AccountEnc)
	if err != nil {
		return in, fmt.Errorf("account of payment %d: %w", r.Payment, err)
	}
	in.Creditor = bankadapters.Party{Name: vntext.BankASCII(r.Holder, nameMax), Account: account.Reveal(), BIN: r.BIN}
	if in.Creditor.Name == "" {
		return in, fmt.Errorf("payment %d: %w: the holder's name has no letter a bank can keep", r.Payment, bankadapters.ErrSubmission)
	}
	return in, nil
}

// originOf is who built the ids of s: the epoch may have risen since its intent.
func (e *Engine) originOf(s Submission) Origin {
	o := e.Origin
	if epoch := epochOf(string(s.Message)); epoch > 0 && strings.HasPrefix(string(s.Message), o.Installation) {
		o.Epoch = epoch
	}
	return o
}

// columnPlace is where the registry's import closed a value: its kind and blind
// index, so that a snapshot can copy both.
func columnPlace(kind crypt.FieldKind, index []byte) crypt.Place {
	return crypt.Place{Column: string(kind), Row: hex.EncodeToString(index)}
}

// compose makes the adapter's submission from the rows in message order.
func (e *Engine) compose(ctx context.Context, db pgdb.Querier, s Submission, rows []row) (bankadapters.Submission, error) {
	account, err := PayingAccountOf(ctx, db, s.Book, s.Channel)
	if err != nil {
		return bankadapters.Submission{}, err
	}
	line, err := e.line(s.Channel)
	if err != nil {
		return bankadapters.Submission{}, err
	}
	provider := line.Profile.Rail == bankadapters.RailList
	instructions := make([]bankadapters.Instruction, len(rows))
	for i, r := range rows {
		if instructions[i], err = e.instruction(s, provider, r); err != nil {
			return bankadapters.Submission{}, err
		}
	}
	return bankadapters.Submission{
		Message:    s.Message,
		Bank:       s.Channel,
		Debtor:     bankadapters.Party{Name: account.Name, Account: account.Account, BIN: line.Profile.BIN},
		Initiator:  account.Name,
		Execution:  s.Execution,
		Created:    s.Created,
		Count:      len(rows),
		Total:      s.Total,
		LedgerHead: s.Head,
		SHA256:     hex.EncodeToString(s.SHA256),
		Instructions: func(yield func(bankadapters.Instruction) error) error {
			for _, in := range instructions {
				if err := yield(in); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

// ErrNoLine says that this process has no adapter for a channel.
var ErrNoLine = errors.New("no line to the channel in this process")

func (e *Engine) line(key bankadapters.Key) (*Line, error) {
	l, ok := e.Lines[key]
	if !ok {
		return nil, fmt.Errorf("channel %s: %w", key, ErrNoLine)
	}
	return l, nil
}

// sqlRowsOf goes from each attempt to its payment by key: OFFSET 0 keeps the
// planner, which takes attempts just written for none, from any other order.
const sqlRowsOf = `
SELECT a.payment, a.attempt, p.amount, p.bin, p.holder, p.signs, p.account_enc, p.account_index, p.id_enc, p.id_index,
       coalesce(nullif(p.pay_point, ''), s.unit_code)
  FROM payout.attempt AS a
 CROSS JOIN LATERAL (
       SELECT p.amount, p.bin, p.holder, ` + signs + ` AS signs, p.account_enc, p.account_index, p.id_enc, p.id_index, p.pay_point, p.section
         FROM payout.payment AS p WHERE p.batch = a.batch AND p.no = a.payment OFFSET 0) AS p
 CROSS JOIN LATERAL (
       SELECT s.unit_code FROM payout.section AS s WHERE s.batch = a.batch AND s.no = p.section OFFSET 0) AS s
 WHERE a.submission = @no
 ORDER BY a.place`

// rowsOf reads the payments of a stored submission in message order.
func rowsOf(ctx context.Context, db pgdb.Querier, no int64) ([]row, error) {
	rows, _ := db.Query(ctx, sqlRowsOf, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"no": no})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, fmt.Errorf("payments of submission %d: %w", no, err)
	}
	return list, nil
}

// Round calls every step of one channel until none has anything to do, at most
// limit times, and returns how often something was done. It is what a worker
// calls; each step is also callable by itself.
func (e *Engine) Round(ctx context.Context, key bankadapters.Key, limit int) (int, error) {
	steps := []func(context.Context, bankadapters.Key) (Progress, error){
		e.StepRecover, e.StepProbe, e.StepExpire, e.StepInquire, e.StepResend, e.StepOrder, e.StepSend,
	}
	did := 0
	for range limit {
		moved := false
		for _, step := range steps {
			p, err := step(ctx, key)
			if err != nil {
				return did, err
			}
			if p.Did {
				moved = true
				did++
			}
		}
		if !moved {
			break
		}
	}
	return did, nil
}
