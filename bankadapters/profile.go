package bankadapters

import (
	"time"

	"ansinh/internal/money"
)

// Rail is the way a submission travels.
type Rail string

// The rails of the first release.
const (
	RailISO20022 Rail = "iso20022" // pain.001 over HTTPS
	RailSheet    Rail = "sheet"    // a spreadsheet a clerk uploads in a portal
	RailList     Rail = "list"     // a provider's pay list (social insurance, commune cash)
)

// Memory is how long a bank recognises a message id it has seen.
type Memory struct {
	Forever bool
	For     time.Duration // zero and not Forever: the bank never deduplicates
}

// Proof says which report ends the debt to the person.
type Proof string

// The kinds of proof a profile can name.
const (
	ProofCreditAdvice Proof = "credit_advice" // camt.054 or pain.002 ACSC naming the payment; also a statement line naming it
	ProofDebitLine    Proof = "debit_line"    // the booked single debit on the final statement is the proof
)

// Profile is what we know of one bank, as data, certified by the contract suite
// in package banktest against the bank itself.
type Profile struct {
	Key             Key           `json:"key"`
	NameVI          string        `json:"name_vi"`
	BIN             string        `json:"bin"`
	Rail            Rail          `json:"rail"`
	DuplicateMemory Memory        `json:"duplicate_memory"`
	StatusHorizon   time.Duration `json:"status_horizon"`    // "not found" means nothing before this has passed
	StatusMemory    Memory        `json:"status_memory"`     // "not found" means nothing after this has passed
	LatestProcess   time.Duration `json:"latest_processing"` // after this a message the bank never saw cannot be executed
	ProofBy         Proof         `json:"proof_by"`
	BulkBooking     bool          `json:"bulk_booking"`
	ReferenceKept   int           `json:"reference_kept"` // characters of our reference that come back
	ReturnWindow    time.Duration `json:"return_window"`
	FinalCodes      []string      `json:"final_codes"` // group codes that finally refuse a whole message
	CountMax        int           `json:"count_max"`   // payments a submission
	DayCountMax     int           `json:"day_count_max"`
	DayTotalMax     money.Amount  `json:"day_total_max"`
	CutOffHour      int           `json:"cut_off_hour"` // local hour after which a message counts for the next business day; 24 = none
	CallTimeout     time.Duration `json:"call_timeout"`
	BreakerFaults   int           `json:"breaker_faults"` // line faults in a row that open the breaker; 0 means 5
}

// Final reports whether code finally refuses a whole message at this bank.
func (p Profile) Final(code string) bool {
	for _, c := range p.FinalCodes {
		if c == code {
			return true
		}
	}
	return false
}
