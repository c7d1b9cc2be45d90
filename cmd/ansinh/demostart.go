package main

import (
	"context"
	"errors"
	"io/fs"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/assembly"
)

// start opens database, banks, engine and the API, as they were or new.
func (d *demo) start(ctx context.Context) error {
	var err error
	if d.installation, err = assembly.NewDemo(d.state.Seed); err != nil {
		return err
	}
	if err := d.startClock(); err != nil {
		return err
	}
	if err := d.installation.Keys.Save(d.e.path("keys")); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	url, err := d.e.migrated(ctx)
	if err != nil {
		return err
	}
	if d.e.server != nil { // none of our own is elsewhere, and not measured
		d.meter.database = d.e.server.PID()
		if d.e.server.Adopted() { // what it did before is not ours
			d.meter.last.DatabaseCPU = treeCPU(d.meter.database).Seconds()
		}
	}
	if err := d.startBanks(ctx); err != nil {
		return err
	}
	if d.works, err = d.e.assemble(ctx, url, d.installation.Keys); err != nil {
		return err
	}
	if err := d.installation.SetUp(ctx, d.works); err != nil {
		return err
	}
	if d.callback, err = d.e.listenHTTP(d.works.API(), "127.0.0.1:0"); err != nil {
		return err
	}
	d.steps, err = d.newStepper(ctx)
	return err
}

// startClock sets a new folder's clock to the morning of the first day.
func (d *demo) startClock() error {
	d.e.now()
	at, err := readClock(d.e.clock.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		at = demoFirstDay.At(8, 0)
	case err != nil:
		return err
	}
	return d.e.clock.Set(at)
}

// second is the message in which something special happens at a bank: the first
// after the canary, or the canary where a small demo has no other.
func second(people int) int {
	if people >= 2_000 {
		return 2
	}
	return 1
}

// demoFaults is the usual misfortune, and bank B down in the middle of it: it
// refuses the first requests about one of its messages, then is back.
func demoFaults(people int) sandbox.Faults {
	faults := sandbox.UsualFaults()
	faults.Double = 0 // the one double is in the script, so that it never starves a canary
	faults.Outages = []sandbox.Outage{{Bank: "B", From: second(people), Count: 1, PerID: 3}}
	return faults
}

// demoScript is what the demo shows for certain: a debit that bank A doubles,
// and a first statement of bank B with a doubled line that does not add up.
func demoScript(people int) sandbox.Script {
	return sandbox.Script{
		Payments:      []sandbox.ScriptedPayment{{Bank: "A", Message: second(people), Nth: 3, Fate: sandbox.Fate{Double: true}}},
		BadStatements: []sandbox.BadStatement{{Bank: "B", N: 2}},
	}
}
