package web

import (
	"slices"
	"strings"

	"ansinh/payout"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) stopRoutes() []route {
	return []route{
		{pattern: "GET /stop", serve: stopPage},
		{pattern: "POST /stop/pull", who: mayStop, serve: pullStop},
		{pattern: "POST /stop/lift", who: mayLift, serve: liftStop},
	}
}

// Three roles can pull the stop: whoever sees harm first. Lifting it takes two
// of those who answer for money.
var (
	mayStop = []accounts.Role{accounts.Accountant, accounts.Department, accounts.Operator}
	mayLift = []accounts.Role{accounts.Accountant, accounts.Department}
)

// stop is the global stop with the form that pulls or lifts it.
type stop struct {
	State   payout.StopState
	MayPull bool
	MayLift bool
	Mine    bool // the visitor is the first of the two already
	Why     string
	Ask     bool // the reason was given: asks to confirm
	Gates   []records.Gate
}

func (v *visit) stop() (stop, error) {
	state, err := payout.ReadStop(v.r.Context(), v.site.DB)
	if err != nil {
		return stop{}, err
	}
	gates, err := records.Gates(v.r.Context(), v.site.DB)
	return stop{State: state, MayPull: slices.Contains(mayStop, v.me.Role), MayLift: slices.Contains(mayLift, v.me.Role),
		Mine: state.LiftBy == v.me.ID, Why: strings.TrimSpace(v.r.PostFormValue("why")), Gates: gates}, err
}

func stopPage(v *visit) error {
	d, err := v.stop()
	if err != nil {
		return err
	}
	return v.show("stop", d)
}

// pullStop asks once with the effect in words, then stops everything.
func pullStop(v *visit) error {
	d, err := v.stop()
	if err != nil {
		return err
	}
	if d.Why != "" && v.r.PostFormValue("confirm") == "" {
		d.Ask = true
		return v.show("stop", d)
	}
	if err := payout.PullStop(v.r.Context(), v.site.DB, d.Why, v.me.ID, v.site.Now()); err != nil {
		return v.again("stop", d, err, "why")
	}
	return v.seeOther("/stop", "stop.pull")
}

// liftStop takes the person's password: it opens the way for money again.
func liftStop(v *visit) error {
	d, err := v.stop()
	if err != nil {
		return err
	}
	if d.Why != "" {
		if err := v.site.accounts.Confirm(v.r.Context(), v.me.ID, v.r.PostFormValue("password"), v.source()); err != nil {
			return v.again("stop", d, err, "password")
		}
	}
	lifted, err := payout.AgreeToLift(v.r.Context(), v.site.DB, d.Why, v.me.ID, v.site.Now())
	if err != nil {
		return v.again("stop", d, err, "why")
	}
	if !lifted {
		return v.seeOther("/stop", "stop.first")
	}
	return v.seeOther("/stop", "stop.lift")
}
