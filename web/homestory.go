package web

import (
	"time"

	"ansinh/web/accounts"
	"ansinh/web/records"
)

// storyStages is a batch in the middle of its payment.
var storyStages = []records.Stage{
	{Name: "paid", Count: 1_098_412, Total: 541_203_100_000}, {Name: "ordered", Count: 41_206, Total: 20_110_400_000},
	{Name: "in_doubt", Count: 12, Total: 6_300_000}, {Name: "returned", Count: 9_870, Total: 4_902_000_000}, {Name: "approved", Count: 16_378, Total: 8_201_700_000},
}

func (s *site) homeStories() []story {
	doubt := storyTime.Add(-26 * time.Hour)
	desk := records.Desk{Planned: 3, Submitted: 12, Approved: 4, Doubts: 12, Held: 2, Breaks: 7, OldestDoubt: &doubt, OldestBreak: &doubt, Gates: 1, Unsent: 9}
	open := []records.Progress{
		{Batch: 13001, Name: "Quà Tết Bính Ngọ 2026 (dữ liệu giả lập)", Declared: 1_165_878, Total: 574_423_500_000, Stages: storyStages},
		{Batch: 13002, Name: "Mừng thọ 2026, đợt bổ sung (dữ liệu giả lập)", Declared: 412, Total: 309_500_000},
	}
	waiting := []records.WaitingSection{
		{Batch: 13002, BatchName: "Mừng thọ 2026, đợt bổ sung", Section: 1, Unit: "Phường Mẫu Hoàn Kiếm", Count: 212, Total: 158_000_000, Submitted: storyTime.Add(-50 * time.Hour)},
		{Batch: 13002, BatchName: "Mừng thọ 2026, đợt bổ sung", Section: 2, Unit: "Xã Mẫu Ba Vì", Count: 200, Total: 151_500_000, Submitted: storyTime.Add(-3 * time.Hour)},
	}
	name := "Nguyễn Thị Mẫu"
	list := []story{{Page: "home", Name: "nothing yet", Me: accounts.Maker, Data: home{Name: name, Watch: true}}}
	for _, role := range accounts.Roles() {
		h := home{Name: name, Watch: role != accounts.Operator, Tasks: tasksOf(role, desk, records.Intake{Rows: 31, Late: 4, Differences: 6, Fresh: 3}, 2)}
		if h.Watch {
			h.Open, h.Today = open, []records.Stage{{Name: "approved"}, {Name: "ordered", Count: 41_206, Total: 20_110_400_000}, {Name: "paid", Count: 18_020, Total: 9_010_000_000}, {Name: "returned", Count: 31, Total: 15_500_000}}
		}
		if role == accounts.Approver || role == accounts.Department {
			h.Waiting = waiting
		}
		list = append(list, story{Page: "home", Name: string(role), Me: role, Data: h, Stopped: map[bool]string{true: "Nghi tệp lương bị sửa. / A file may be altered."}[role == accounts.Operator]})
	}
	return list
}
