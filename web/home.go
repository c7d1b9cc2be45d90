package web

import (
	"ansinh/internal/calendar"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) homeRoutes() []route {
	return []route{{pattern: "GET /{$}", serve: homePage}}
}

// home is what waits for whoever signed in, and how far the open batches are.
type home struct {
	Name    string
	Tasks   []task
	Waiting []records.WaitingSection
	Open    []records.Progress
	Today   []records.Stage // what came into each stage today
	Watch   bool            // sees the batches
}

// Heading greets by name.
func (h home) Heading(say func(string, ...any) string) string { return say("home.hello", h.Name) }

// Live is true: the counts change.
func (home) Live() bool { return true }

// task is one thing that waits: "3 sections wait for your approval".
type task struct {
	Count int64
	Key   string // message, with the count
	Path  string
	Age   any // since when the oldest waits
}

func homePage(v *visit) error {
	ctx := v.r.Context()
	desk, err := records.ReadDesk(ctx, v.site.DB, v.me.UnitCode)
	if err != nil {
		return err
	}
	h := home{Name: v.me.NameVI, Watch: v.me.Role != accounts.Operator}
	var all int64
	if v.me.Signs {
		if h.Waiting, all, err = records.Waiting(ctx, v.site.DB, v.viewer()); err != nil {
			return err
		}
	}
	var intake records.Intake
	if h.Watch {
		if intake, err = records.ReadIntake(ctx, v.site.DB, v.me.UnitCode, calendar.DateOf(v.site.Now())); err != nil {
			return err
		}
	}
	h.Tasks = tasksOf(v.me.Role, desk, intake, all)
	if !h.Watch {
		return v.show("home", h)
	}
	if h.Open, err = records.OpenBatches(ctx, v.site.DB, v.me.UnitCode); err != nil {
		return err
	}
	today, err := records.Today(ctx, v.site.DB, v.me.UnitCode, v.site.Now())
	if err != nil {
		return err
	}
	for _, name := range []string{"approved", "ordered", "paid", "returned"} {
		h.Today = append(h.Today, today.Stage(name))
	}
	return v.show("home", h)
}

// tasksOf lists what a role looks at first. A count of zero is left out.
func tasksOf(role accounts.Role, d records.Desk, i records.Intake, waiting int64) []task {
	every := map[string]task{
		"waiting":   {Count: waiting, Key: "home.waiting", Path: "/batches?state=waiting"},
		"planned":   {Count: d.Planned, Key: "home.planned", Path: "/batches?state=planned"},
		"submitted": {Count: d.Submitted, Key: "home.submitted", Path: "/batches?state=waiting"},
		"approved":  {Count: d.Approved, Key: "home.approved", Path: "/batches?state=approved"},
		"doubts":    {Count: d.Doubts, Key: "home.doubts", Path: "/doubts", Age: d.OldestDoubt},
		"held":      {Count: d.Held, Key: "home.held", Path: "/batches"},
		"breaks":    {Count: d.Breaks, Key: "home.breaks", Path: "/breaks", Age: d.OldestBreak},
		"late":      {Count: i.Late, Key: "home.late", Path: "/refusals?late=yes"},
		"rows":      {Count: i.Rows - i.Late, Key: "home.rows", Path: "/refusals"},
		"differ":    {Count: i.Differences, Key: "home.differ", Path: "/verifications"},
		"fresh":     {Count: i.Fresh, Key: "home.fresh", Path: "/fresh"},
		"gates":     {Count: d.Gates, Key: "home.gates", Path: "/banks"},
		"unsent":    {Count: d.Unsent, Key: "home.unsent", Path: "/banks"},
	}
	order := map[accounts.Role][]string{
		accounts.Maker:      {"late", "rows", "differ", "fresh", "planned", "held", "submitted"},
		accounts.Approver:   {"waiting", "late", "differ", "fresh"},
		accounts.Accountant: {"approved", "doubts", "breaks", "held", "late", "gates"},
		accounts.Department: {"waiting", "doubts", "breaks", "late", "differ", "fresh", "gates"},
		accounts.Auditor:    {"doubts", "breaks", "late"},
		accounts.Operator:   {"gates", "unsent"},
	}
	var list []task
	for _, name := range order[role] {
		if t := every[name]; t.Count > 0 {
			list = append(list, t)
		}
	}
	return list
}

// viewer is the visitor as records know them.
func (v *visit) viewer() records.Viewer {
	return records.Viewer{ID: v.me.ID, Role: string(v.me.Role), Unit: v.me.UnitCode}
}
