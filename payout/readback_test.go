package payout_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"ansinh/bankadapters"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/payout"
)

// wrongWriter is a writer with a fault: one name leaves as another.
type wrongWriter struct{ iso20022.Pain001 }

func (w wrongWriter) WriteSubmission(out io.Writer, s bankadapters.Submission) error {
	var right bytes.Buffer
	if err := w.Pain001.WriteSubmission(&right, s); err != nil {
		return err
	}
	wrong := bytes.Replace(right.Bytes(), []byte("NGUYEN VAN 1<"), []byte("NGUYEN VAN X<"), 1)
	_, err := out.Write(wrong)
	return err
}

// What is finished is read back and compared with the intent and with the
// ledger: whatever changed in between, not one byte leaves.
func TestNothingLeavesThatIsNotTheIntent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		claimed string // done to the database, guards off, between the claim and the reading back
		wire    bankadapters.Wire
	}{
		"another account in the stored payment": {claimed: `UPDATE payout.payment SET account_enc = (SELECT p.account_enc FROM payout.payment AS p WHERE p.no = 2) WHERE no = 1`},
		"another bank in the stored payment":    {claimed: `UPDATE payout.payment SET bin = '999005' WHERE no = 1`},
		"another sum of the intent's bytes":     {claimed: `UPDATE payout.submission SET sha256 = sha256('other')`},
		"another digest of the intent":          {claimed: `UPDATE payout.submission SET digest = sha256('other')`},
		"a writer that writes another name":     {wire: wrongWriter{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "A", 10, sandbox.Script{})
			super := pgtest.Superuser(t, d.db)
			e := d.engine(pgdb.Hooks{Crash: func(at string) {
				if at == payout.PointClaimed && tt.claimed != "" {
					if _, err := super.Exec(context.WithoutCancel(t.Context()), `SET session_replication_role = replica; `+tt.claimed); err != nil {
						t.Error(err)
					}
				}
			}})
			if tt.wire != nil {
				e.Lines["A"].Wire = tt.wire
			}
			d.round(e)
			d.wantBook(0)
			d.wantStates(map[payout.SubmissionState]int{payout.Intent: 1})
			var code string
			if err := d.db.QueryRow(t.Context(), `SELECT code FROM payout.submission`).Scan(&code); err != nil || code != "READBACK" {
				t.Errorf("code = %q, %v, want READBACK", code, err)
			}
		})
	}
}
