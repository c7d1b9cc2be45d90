package main

import (
	"encoding/hex"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// What `batch show --json` says, in the names that scripts read: snake_case,
// amounts as strings, digests in hexadecimal. Each type is converted from the one
// it shows, so that a field nobody named here does not compile.

type batchJSON struct {
	ID            ledger.BatchID `json:"id"`
	Programme     string         `json:"programme"`
	Period        calendar.Date  `json:"period"`
	NameVI        string         `json:"name_vi"`
	DeclaredCount int64          `json:"declared_count"`
	DeclaredTotal money.Amount   `json:"declared_total"`
	DecisionNo    string         `json:"decision_no"`
	DecisionDate  calendar.Date  `json:"decision_date"`
	DueDate       calendar.Date  `json:"due_date"`
	MadeBy        string         `json:"made_by"`
	MadeAt        time.Time      `json:"made_at"`
	PlannedAt     *time.Time     `json:"planned_at"`
	Digest        []byte         `json:"-"`
	PayAt         *time.Time     `json:"pay_at"`
	ReleasedAt    *time.Time     `json:"released_at"`
	Paused        bool           `json:"paused"`
	PauseWhy      string         `json:"pause_why"`
	ClosedAt      *time.Time     `json:"closed_at"`
	PostingSet    string         `json:"posting_set"`
	Monthly       bool           `json:"monthly"`
}

type sectionJSON struct {
	Batch         ledger.BatchID `json:"batch"`
	No            int16          `json:"no"`
	UnitCode      string         `json:"unit_code"`
	UnitValidFrom calendar.Date  `json:"unit_valid_from"`
	UnitNameVI    string         `json:"unit_name_vi"`
	Book          ledger.BookID  `json:"book"`
	Count         int64          `json:"count"`
	Total         money.Amount   `json:"total"`
	NetCount      int64          `json:"net_count"`
	NetTotal      money.Amount   `json:"net_total"`
	Digest        []byte         `json:"-"`
	Code          string         `json:"code"`
	State         string         `json:"state"`
	SubmittedBy   string         `json:"submitted_by"`
	SubmittedAt   *time.Time     `json:"submitted_at"`
	ApprovedAt    *time.Time     `json:"approved_at"`
	Voucher       *int64         `json:"voucher"`
}

type summaryJSON struct {
	Payments   int64                           `json:"payments"`
	Total      money.Amount                    `json:"total"`
	Paid       int64                           `json:"paid"`
	PaidTotal  money.Amount                    `json:"paid_total"`
	Rejected   int64                           `json:"rejected"`
	Returned   int64                           `json:"returned"`
	InDoubt    int64                           `json:"in_doubt"`
	AtBank     int64                           `json:"at_bank"`
	AtProvider int64                           `json:"at_provider"`
	Unsent     int64                           `json:"unsent"`
	Ended      int64                           `json:"ended"`
	Unapproved int64                           `json:"unapproved"`
	OnTheWay   int64                           `json:"on_the_way"`
	Undecided  int64                           `json:"undecided"`
	Owed       money.Amount                    `json:"owed"`
	Breaks     map[reconciliation.Reason]int64 `json:"breaks"`
}

type tallyJSON struct {
	Section  int16            `json:"section"`
	Channel  bankadapters.Key `json:"channel"`
	State    ledger.State     `json:"state"`
	Payments int64            `json:"payments"`
	Amount   money.Amount     `json:"amount"`
}

type exceptionJSON struct {
	Kind     string       `json:"kind"`
	State    ledger.State `json:"state"`
	Payments int64        `json:"payments"`
	Amount   money.Amount `json:"amount"`
}

type waitJSON struct {
	Batch    ledger.BatchID    `json:"batch"`
	Channel  bankadapters.Key  `json:"channel"`
	Reason   payout.WaitReason `json:"reason"`
	Detail   string            `json:"detail"`
	Since    time.Time         `json:"since"`
	Payments int64             `json:"payments"`
	Amount   money.Amount      `json:"amount"`
}

// A digest is shown as people compare it; a wait with its sentence.
type (
	shownBatchJSON struct {
		batchJSON
		Hex string `json:"digest"`
	}
	shownSectionJSON struct {
		sectionJSON
		Hex string `json:"digest"`
	}
	shownWaitJSON struct {
		waitJSON
		Sentence string `json:"sentence"`
	}
)

// shownJSON is a batch with all that is shown of it.
func shownJSON(b payout.Batch, sections []payout.Section, sum reconciliation.Summary, tallies []payout.Tally, open []payout.ExceptionCount,
	waits []payout.Wait) map[string]any {
	parts := []shownSectionJSON{}
	for _, s := range sections {
		parts = append(parts, shownSectionJSON{sectionJSON(s), hex.EncodeToString(s.Digest)})
	}
	counts := []tallyJSON{}
	for _, t := range tallies {
		counts = append(counts, tallyJSON(t))
	}
	beside := []exceptionJSON{}
	for _, x := range open {
		beside = append(beside, exceptionJSON(x))
	}
	waiting := []shownWaitJSON{}
	for _, w := range waits {
		waiting = append(waiting, shownWaitJSON{waitJSON(w), w.Sentence()})
	}
	return map[string]any{"batch": shownBatchJSON{batchJSON(b), hex.EncodeToString(b.Digest)}, "sections": parts, "summary": summaryJSON(sum),
		"tallies": counts, "exceptions": beside, "waits": waiting}
}
