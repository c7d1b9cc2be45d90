package filing

import (
	"context"
	"errors"
	"time"

	"ansinh/internal/audit"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Verification is what walking everything anew found. Everything is sound when
// no list holds a finding.
type Verification struct {
	At       time.Time `json:"at"`
	Head     string    `json:"head"`
	Vouchers int64     `json:"vouchers"`
	Lines    int64     `json:"lines"`
	Unsealed int64     `json:"unsealed"`
	Findings []string  `json:"findings"` // of the ledger: chain, lines, totals, rules of money
	Ties     []string  `json:"ties"`     // that do not hold
	Audit    string    `json:"audit"`    // what is wrong with the audit chain, or ""
	AuditNo  int64     `json:"audit_chain_no"`
}

// OK reports whether nothing was found.
func (v Verification) OK() bool { return len(v.Findings) == 0 && len(v.Ties) == 0 && v.Audit == "" }

func verify(ctx context.Context, db pgdb.DB, now time.Time) (Verification, error) {
	report, err := ledger.Verify(ctx, db, ledger.VerifyOptions{})
	if err != nil {
		return Verification{}, err
	}
	v := Verification{At: now, Head: report.Head.String(), Vouchers: report.Vouchers, Lines: report.Lines, Unsealed: report.Unsealed}
	for _, f := range report.Findings {
		v.Findings = append(v.Findings, f.String())
	}
	ties, err := ledger.CheckTies(ctx, db)
	if err != nil {
		return Verification{}, err
	}
	for _, t := range ties {
		v.Ties = append(v.Ties, t.Error())
	}
	chain, err := audit.Verify(ctx, db)
	var broken *audit.BrokenError
	switch {
	case errors.As(err, &broken):
		v.Audit = broken.Error()
	case err != nil:
		return Verification{}, err
	default:
		v.AuditNo = chain.Head.ChainNo
	}
	return v, nil
}
