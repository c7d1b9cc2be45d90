package payout_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// A bank that forgets ids after an hour counts from the sending. Whoever finds
// the sending later must count from there too, or the same bytes are a new
// message to the bank. (Found by the simulator, seed 206.)
func TestTheBanksMemoryIsCountedFromTheSending(t *testing.T) {
	t.Parallel()
	// Both ways end with a message that bank B booked, in doubt with us, whose
	// sending nobody looked at for three hours.
	for name, doubt := range map[string]func(d *desk){
		"the sender died and was found late": func(d *desk) {
			d.runUntilCrash(payout.PointSent)
			d.now = d.now.Add(3 * time.Hour)
		},
		"the sender slept before it recorded": func(d *desk) {
			d.world.SetFaults(sandbox.Faults{DropAfter: 10_000})
			d.round(d.engine(pgdb.Hooks{Crash: func(at string) {
				if at == payout.PointSent {
					d.now = d.now.Add(3 * time.Hour)
				}
			}}))
			d.world.SetFaults(sandbox.Faults{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "B", 10, sandbox.Script{})
			doubt(d)
			for range 3 { // recovered, inquired, denied: B no longer knows it
				d.round(d.engine(pgdb.Hooks{}))
				d.now = d.now.Add(15 * time.Minute)
			}
			d.wantBook(10)
			d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
		})
	}
}

const testOvertaken = `
UPDATE payout.submission SET fence = fence + 2, claimed_by = 'worker-9', claim_until = @until WHERE state = 'sending'`

// A worker that slept right after its claim must not take the claim of the one
// that overtook it for its own: both would send at once.
func TestOvertakenWorkerDoesNotSendUnderAnothersClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 10, sandbox.Script{}) // A never recognises a duplicate
	e := d.engine(pgdb.Hooks{Crash: func(at string) {
		if at == payout.PointClaimed {
			d.now = d.now.Add(20 * time.Minute)
			if _, err := d.db.Exec(t.Context(), testOvertaken, pgx.NamedArgs{"until": d.now.Add(time.Minute)}); err != nil {
				t.Error(err)
			}
		}
	}})
	d.round(e)
	d.wantBook(0)
	d.wantStates(map[payout.SubmissionState]int{payout.Sending: 1})
}
