package web

import (
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

// freshStories are accounts that changed lately.
func (s *site) freshStories() []story {
	sums := []records.FreshSum{{Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", Count: 41, Second: 38, Unasked: 12, Refused: 1, Oldest: storyTime.AddDate(0, 0, -19)},
		{Unit: "00008", UnitVI: "Xã Mẫu Ba Vì", Count: 3, Second: 3, Unasked: 3, Oldest: storyTime.Add(-3 * time.Hour)}}
	city := fresh{Units: s.storyUnits(), Sums: sums}
	one := people.FreshAccount{Person: 740, Name: "Nguyễn Văn Mẫu", Unit: "00004", OldMethod: "account", OldBIN: "999001", OldAccount: "…0071", BankBIN: "999002", Account: "…4402",
		Since: storyTime.AddDate(0, 0, -4), Source: 3, By: "can-bo-lap"}
	asked, second, cash, refused, mine := one, one, one, one, one
	asked.Person, asked.Name, asked.Asked, asked.OldMethod, asked.OldBIN, asked.OldAccount = 741, "Trần Thị Mẫu", true, "cash", "", ""
	second.Person, second.Name, second.Confirmed, second.Source = 742, "Lê Văn Mẫu", true, 91
	cash.Person, cash.Name, cash.OldMethod, cash.OldBIN, cash.OldAccount, cash.Payee = 743, "Phạm Thị Mẫu Hoàng Thị Ngọc Lan", "", "", "", 77
	refused.Person, refused.Name, refused.Refused, refused.Since = 744, "Đỗ Văn Mẫu", true, storyTime.AddDate(0, 0, -40)
	mine.Person, mine.Name, mine.By = 745, "Vũ Thị Mẫu", "nguoi-mau"
	list := fresh{Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", Units: s.storyUnits(), Here: "/fresh?unit=00004", May: true, List: s.storyList("fresh.count", 41, 6),
		Rows: []freshLine{{FreshAccount: one}, {FreshAccount: asked}, {FreshAccount: second}, {FreshAccount: cash}, {FreshAccount: refused}, {FreshAccount: mine, Mine: true}}}
	list.List.CSV, list.List.Next = "", "?page=2"
	look, nothing, none, wrong, refusal := list, list, list, list, list
	look.May, nothing.Rows = false, []freshLine{{FreshAccount: second}}
	none.Rows, none.List = nil, s.storyList("fresh.count", 0, 0)
	wrong.Rows = append([]freshLine{{FreshAccount: one, Chosen: true}}, list.Rows[1:]...)
	refusal.Refuse, refusal.Why = true, "bà không đổi tài khoản"
	password := s.tellHalf("Tên đăng nhập hoặc mật khẩu không đúng. / The name or the password is not right.")
	return []story{
		{Page: "fresh", Name: "the communes", Me: accounts.Department, Data: city},
		{Page: "fresh", Name: "nowhere", Me: accounts.Auditor, Data: fresh{Units: s.storyUnits()}},
		{Page: "fresh", Name: "of one commune, to be agreed to", Me: accounts.Approver, Data: list},
		{Page: "fresh", Name: "for an officer", Me: accounts.Maker, Data: look},
		{Page: "fresh", Name: "nothing to agree to", Me: accounts.Approver, Data: nothing},
		{Page: "fresh", Name: "none in the commune", Me: accounts.Maker, Data: none},
		{Page: "fresh", Name: "the password is wrong", Me: accounts.Approver, Data: wrong, Status: 403, Errors: []fieldError{{Field: "password", Text: password}}},
		{Page: "fresh", Name: "a refusal whose password is wrong", Me: accounts.Department, Data: refusal, Status: 403, Errors: []fieldError{{Field: "refuse-password", Text: password}}},
		{Page: "fresh", Name: "sealed", Me: accounts.Approver, Data: list, Done: "fresh.sealed"},
		{Page: "fresh", Name: "none was chosen", Me: accounts.Approver, Data: list, Status: 422,
			Errors: []fieldError{{Text: strings.TrimSpace(s.tellHalf("Hãy chọn ít nhất một tài khoản. / Choose at least one account."))}}},
	}
}

// storyChanges is what a month's list changed.
func (s *site) storyChanges(row records.ListRow, who accounts.Role) *listChanges {
	w, f := s.told(), formatter{s.telling}
	decided := calendar.DateOf(storyTime).AddDays(-8)
	way := records.ListChange{Kind: "changed", Row: 31, Person: 742, Name: "Lê Văn Mẫu", BirthYear: 1951, Category: "HTXH-75", WasCategory: "HTXH-75", What: []string{"account", "bank"},
		Reason: "mất thẻ", Method: "account", Bank: "999002", Tail: "4402", WasMethod: "account", WasBank: "999001", WasTail: "0071"}
	level := way
	level.Row, level.Person, level.Name, level.What, level.WasCategory, level.Category, level.DecisionNo, level.Decided = 40, 743, "Phạm Thị Mẫu", []string{"category"}, "BTXH-05B", "HTXH-75", "21/QĐ-UBND", &decided
	level.WasBank, level.WasTail, level.Reason = level.Bank, level.Tail, ""
	rows := []records.ListChange{
		{Kind: "added", Row: 12, Person: 740, Name: "Nguyễn Văn Mẫu", BirthYear: 1951, Category: "HTXH-75", DecisionNo: "14/QĐ-UBND", Decided: &decided, Method: "account", Bank: "999001", Tail: "0071"},
		{Kind: "added", Row: 13, Person: 741, Name: "Trần Thị Mẫu", BirthYear: 1948, Category: "BTXH-06A1", Method: "cash"},
		{Kind: "removed", Row: 22, Person: 750, Name: "Đỗ Văn Mẫu", BirthYear: 1936, Category: "HTXH-75", WasCategory: "HTXH-75", Cause: "row", DecisionNo: "17/QĐ-UBND", Decided: &decided, Reason: "chuyển đi tỉnh khác"},
		{Kind: "removed", Person: 751, Name: "Vũ Thị Mẫu", BirthYear: 1930, Category: "HTXH-75", WasCategory: "HTXH-75", Cause: "death"}, way, level}
	unit := ""
	if who == accounts.Approver || who == accounts.Maker {
		unit = row.Unit
	}
	c := &listChanges{Changes: registry.Changes{Form: "changes", Base: row.Month.AddMonths(-1), Before: 412, Added: 2, Removed: 2, Changed: 2, After: 412}, List: s.storyList("changes.count", 6, 6)}
	c.Kinds = []option{{"", w.say("changes.all") + " (6)", true}, {"?kind=added", w.say("changes.added") + " (2)", false}, {"?kind=removed", w.say("changes.removed") + " (2)", false},
		{"?kind=changed", w.say("changes.changed") + " (2)", false}}
	for _, one := range rows {
		c.Rows = append(c.Rows, f.changeLine(w, one, people.Reader{ID: "nguoi-mau", Role: string(who), Unit: unit}, row.Unit))
	}
	return c
}
