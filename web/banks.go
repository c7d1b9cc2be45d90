package web

import (
	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/payout"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

// gatekeepers may pause and open a bank.
var gatekeepers = []accounts.Role{accounts.Accountant, accounts.Department}

func (s *site) bankRoutes() []route {
	return []route{
		{pattern: "GET /banks", serve: banksPage},
		{pattern: "GET /banks/{bank}/gate", who: gatekeepers, serve: gatePage},
		{pattern: "POST /banks/{bank}/pause", who: gatekeepers, serve: pauseBank},
		{pattern: "POST /banks/{bank}/open", who: gatekeepers, serve: openBank},
	}
}

// banks is the page of all banks and providers.
type banks struct {
	List    []records.Bank
	MayGate bool
	Today   calendar.Date
	NoLine  map[bankadapters.Key]bool // no line from this installation
}

// Live is true: gates and counts change.
func (banks) Live() bool { return true }

func banksPage(v *visit) error {
	today := calendar.DateOf(v.site.Now())
	list, err := records.Banks(v.context(), v.site.DB, today)
	if err != nil {
		return err
	}
	b := banks{List: list, Today: today, MayGate: v.me.Role == accounts.Accountant || v.me.Role == accounts.Department, NoLine: map[bankadapters.Key]bool{}}
	if len(v.site.Lines) > 0 {
		for _, one := range list {
			b.NoLine[one.Key] = true
		}
		for _, key := range v.site.Lines {
			b.NoLine[key] = false
		}
	}
	return v.show("banks", b)
}

// gateForm states what pausing or opening a bank does before it is done.
type gateForm struct {
	records.Bank
	Why string
}

// Heading names the bank.
func (g gateForm) Heading(say func(string, ...any) string) string {
	if g.Gate == "paused" {
		return say("gate.open.title", g.NameVI)
	}
	return say("gate.pause.title", g.NameVI)
}

func (v *visit) gateForm() (gateForm, error) {
	b, err := records.ReadBank(v.context(), v.site.DB, bankadapters.Key(v.r.PathValue("bank")), calendar.DateOf(v.site.Now()))
	return gateForm{Bank: b, Why: v.r.PostFormValue("why")}, err
}

func gatePage(v *visit) error {
	form, err := v.gateForm()
	if err != nil {
		return err
	}
	return v.show("gate", form)
}

func pauseBank(v *visit) error {
	key := bankadapters.Key(v.r.PathValue("bank"))
	why, err := v.needWhy()
	if err == nil {
		err = payout.PauseBank(v.context(), v.site.DB, key, why, v.me.ID, v.site.Now())
	}
	return v.gateDone(err, "bank.paused")
}

func openBank(v *visit) error {
	key := bankadapters.Key(v.r.PathValue("bank"))
	why, err := v.needWhy()
	if err == nil {
		err = payout.OpenBank(v.context(), v.site.DB, key, why, v.me.ID, v.site.Now())
	}
	return v.gateDone(err, "bank.opened")
}

func (v *visit) gateDone(err error, done string) error {
	if err == nil {
		return v.seeOther("/banks", done)
	}
	form, readErr := v.gateForm()
	if readErr != nil {
		return readErr
	}
	return v.again("gate", form, err, "why")
}
