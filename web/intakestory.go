package web

import (
	"slices"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/registry"
	"ansinh/registry/people"
	checking "ansinh/registry/verification"
	"ansinh/web/accounts"
	"ansinh/web/records"
	"ansinh/web/uploads"
)

// intakeStories are those of the pages of lists and of what is left about them.
func (s *site) intakeStories() []story {
	return slices.Concat(s.listStories(), s.uploadStories(), s.refusalStories(), s.personStories(), s.verificationStories(), s.freshStories(), s.candidateStories())
}

func (s *site) storyUnits() []option {
	return options(s.told().say("filter.all"), "", "00004", "Phường Mẫu Hoàn Kiếm", "00008", "Xã Mẫu Ba Vì")
}

func (s *site) storyProgrammes() []option {
	return options(s.told().say("batches.programme.all"), "", "TET26", "Quà Tết Bính Ngọ 2026")
}

// storyFound is what a list with mistakes has.
var storyFound = []records.CodeCount{
	{Code: string(registry.IDLength), Severity: "error", Refuses: true, Count: 14, Cells: "D12 D31 D40 D57 D80 D92 D101 D155", More: true},
	{Code: string(registry.IDZeroLost), Severity: "repair", Refuses: true, Count: 3, Cells: "D17 D18 D19"},
	{Code: string(registry.PersonCommune), Severity: "warning", Count: 1, Cells: "B204", Args: []string{"Xã Mẫu Ba Vì"}},
}

func (s *site) listStories() []story {
	w := s.told()
	row := records.ListRow{ID: 3, Programme: "TET26", Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", File: "00004-tet.xlsx", Total: 9_412, Taken: 9_395, Refused: 17, By: "can-bo-lap", At: storyTime, Open: 17}
	clean := records.ListRow{ID: 2, Programme: "TET26", Unit: "00008", UnitVI: "Xã Mẫu Ba Vì", File: "Danh sách quà Tết.xls", Sheet: "Thôn 1", Total: 412, Taken: 412, By: "can-bo-lap", At: storyTime}
	month := calendar.Must(2026, 2, 1)
	monthly := records.ListRow{ID: 8, Programme: "HTXH26", Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", File: "00004-thang-02.xlsx", Total: 31, Taken: 31, By: "can-bo-lap", At: storyTime, Month: &month}
	all := lists{Rows: []records.ListRow{monthly, row, clean}, Programmes: s.storyProgrammes(), Units: s.storyUnits(), List: s.storyList("lists.count", 126, 2), MayTake: true}
	look, none := all, all
	look.MayTake, look.List, look.Rows = false, s.storyList("lists.count", 2, 2, "Quà Tết Bính Ngọ 2026"), all.Rows[1:]
	none.Rows, none.List = nil, s.storyList("lists.count", 0, 0)
	detail := oneList{ListDetail: records.ListDetail{ListRow: row, SHA256: storyHash, PeopleNew: 212, PeopleKnown: 9_183, ChannelsChanged: 41},
		Found: formatter{s.telling}.codeWords(storyFound), MayCopy: true}
	locked, done := detail, detail
	locked.Password = true
	done.ListRow, done.Found, done.MayCopy = clean, nil, false
	done.PeopleNew, done.PeopleKnown, done.ChannelsChanged = 2, 29, 1
	told, masked, adds, same := done, done, done, done
	told.ListRow, told.MayCopy, told.Changes = monthly, true, s.storyChanges(monthly, accounts.Maker)
	masked.ListRow, masked.Changes = monthly, s.storyChanges(monthly, accounts.Accountant)
	masked.Changes.Form = "whole"
	adds.ListRow, adds.Changes = monthly, s.storyChanges(monthly, accounts.Maker)
	adds.Changes.Adds, adds.Changes.Changes, adds.Changes.Rows = true, registry.Changes{Form: "whole", Base: month, Before: 412, Added: 2, After: 414}, adds.Changes.Rows[:2]
	adds.Changes.Kinds, adds.Changes.List = adds.Changes.Kinds[1:2], s.storyList("changes.count", 2, 2)
	same.ListRow, same.Changes = monthly, &listChanges{Changes: registry.Changes{Form: "whole", Base: month.AddMonths(-1), Before: 412, After: 412}}
	return []story{
		{Page: "lists", Name: "for an officer", Me: accounts.Maker, Data: all},
		{Page: "lists", Name: "filtered, for an auditor", Me: accounts.Auditor, Data: look},
		{Page: "lists", Name: "nothing yet", Me: accounts.Maker, Data: none},
		{Page: "listfile", Name: "rows wait", Me: accounts.Maker, Data: detail},
		{Page: "listfile", Name: "a password is asked", Me: accounts.Maker, Data: locked, Status: 422,
			Errors: []fieldError{{Field: "password", Text: w.say("upload.password.wrong")}}},
		{Page: "listfile", Name: "all taken", Me: accounts.Auditor, Data: done},
		{Page: "listfile", Name: "a month told by changes", Me: accounts.Maker, Data: told, Done: "list.taken"},
		{Page: "listfile", Name: "a whole month, for an accountant", Me: accounts.Accountant, Data: masked},
		{Page: "listfile", Name: "adds to its month", Me: accounts.Maker, Data: adds},
		{Page: "listfile", Name: "a month without a change", Me: accounts.Auditor, Data: same},
	}
}

func (s *site) uploadStories() []story {
	form := uploadForm{Programmes: options("", "TET26", "TET26", "Quà Tết Bính Ngọ 2026")[1:], Units: s.storyUnits(), MaxMB: uploadMax >> 20}
	form.Units[0].Word = s.told().say("upload.unit.byname")
	form.Months, form.Monthly = options(s.told().say("upload.month.none"), "", "2026-03", "03/2026", "2026-02", "02/2026", "2026-01", "01/2026"), "Trợ giúp xã hội hằng tháng 2026, Hưu trí xã hội 2026"
	locked, own, month := form, form, form
	locked.Password, own.Units, own.Months = true, form.Units[1:2], nil
	month.Programmes = options("", "HTXH26", "HTXH26", "Hưu trí xã hội 2026", "TET26", "Quà Tết Bính Ngọ 2026")[1:]
	row := func(cell string, severity registry.Severity, refuses bool, code registry.Code, value, proposed string, args ...string) registry.CheckRow {
		r := registry.CheckRow{Cell: cell, Code: code, Severity: string(severity), Refuses: refuses, Value: value, Proposed: proposed}
		r.Reason, r.ReasonEN, r.Remedy, r.RemedyEN = registry.WordsWith(code, args)
		return r
	}
	c := checked{ID: "0123456789abcdef0123456789abcdef", UnitVI: "Phường Mẫu Hoàn Kiếm", Known: true, Digest: storyHash, Upload: uploads.Upload{Name: "00004-tet.xlsx", Programme: "TET26", Unit: "00004"},
		Report:   registry.CheckReport{Rows: 412, Sound: 395, Refused: 17, Warnings: 3, Offers: 3, Missing: []registry.Missing{{Person: 1, Name: "Lê Thị Mẫu", BirthYear: 1938, List: 2, Row: 77}}},
		Encoding: options(s.told().say("checked.encoding.auto"), "", s.told().pairs("encoding", "unicode", "tcvn3", "vni")...)}
	c.Report.Table = []registry.CheckRow{row("D12", registry.SeverityError, true, registry.IDLength, "•••••••71", "", "9"), row("D17", registry.SeverityRepair, true, registry.IDZeroLost, "•••••••••71", "••••••••••71", "1"),
		row("", registry.SeverityWarning, false, registry.SheetHidden, "", "", "Trang nháp")}
	c.Rows, c.More = c.Report.Table, 211
	c.Report.Table = append(c.Report.Table, make([]registry.CheckRow, c.More)...)
	passed, letters, nolist, refused := c, c, c, c
	passed.Passed, passed.Rows, passed.More = true, nil, 0
	passed.Report = registry.CheckReport{Rows: 412, Sound: 412}
	letters.Report.Previews = []registry.Preview{{Cell: "B7", Encoding: "TCVN3", Before: "NguyÔn V¨n MÉu", After: "Nguyễn Văn Mẫu"}}
	letters.Report.Sound, letters.Report.Refused = 0, 412
	nolist.Known, nolist.More, nolist.Rows = false, 0, []registry.CheckRow{row("", registry.SeverityError, true, registry.HeaderNone, "", "")}
	nolist.Report = registry.CheckReport{Table: nolist.Rows}
	refused.Repairs = true
	_, nothing := errs.Read(errNothingTaken(&registry.RefusedError{RowsTotal: 412, Findings: slices.Repeat([]registry.Finding{{Severity: registry.SeverityError}}, 17)}))
	told := passed
	told.Upload.Programme, told.Upload.Month, told.Upload.Name = "HTXH26", calendar.Must(2026, 2, 1), "00004-thang-02.xlsx"
	told.Report = registry.CheckReport{Rows: 31, Sound: 31, Changes: &registry.Changes{Form: "changes", Base: calendar.Must(2026, 1, 1), Before: 412, Added: 5, Removed: 3, Changed: 4, After: 414}}
	return []story{
		{Page: "upload", Name: "for the whole city", Me: accounts.Maker, Data: form},
		{Page: "upload", Name: "for one commune", Me: accounts.Maker, Data: own},
		{Page: "upload", Name: "no month was chosen", Me: accounts.Maker, Data: month, Status: 422, Errors: []fieldError{{Field: "month",
			Text: s.tellHalf("Chương trình HTXH26 chi hằng tháng: phải ghi rõ cho tháng nào. / Programme HTXH26 pays every month: say for which one.")}}},
		{Page: "upload", Name: "the file has a password", Me: accounts.Maker, Data: locked, Status: 422, Errors: []fieldError{{Field: "password", Text: s.told().say("upload.password.wrong")}}},
		{Page: "checked", Name: "some rows are refused", Me: accounts.Maker, Data: c},
		{Page: "checked", Name: "all is right", Me: accounts.Maker, Data: passed},
		{Page: "checked", Name: "a month told by changes", Me: accounts.Maker, Data: told},
		{Page: "checked", Name: "old letters", Me: accounts.Maker, Data: letters},
		{Page: "checked", Name: "no list", Me: accounts.Maker, Data: nolist},
		{Page: "checked", Name: "refused at the import", Me: accounts.Maker, Data: refused, Status: 422,
			Errors: []fieldError{{Text: s.tellHalf(nothing)}}},
	}
}

func (s *site) refusalStories() []story {
	w := s.told()
	today := calendar.DateOf(storyTime)
	late := records.OpenRowLine{Batch: 13001, Programme: "TET26", Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", List: 3, Row: 12, File: "00004-tet.xlsx", Source: "refused",
		Name: "Nguyễn Văn Mẫu", Codes: string(registry.IDLength), Owner: "can-bo-lap", Due: today.AddDays(-2)}
	soon := late
	soon.Row, soon.Name, soon.Codes, soon.Due, soon.Batch = 31, "", string(registry.NameMissing)+" "+string(registry.CategoryMissing), today.AddDays(4), 0
	left := late
	left.Row, left.Name, left.Source, left.Codes, left.Due, left.Moved = 40, "Trần Thị Mẫu", "left_out", "no_heir", today.AddDays(6), true
	codes := options(w.say("filter.all"), "", string(registry.IDLength), formatter{s.telling}.whyOpen(string(registry.IDLength)))
	all := refusals{Rows: []records.OpenRowLine{late, soon, left}, Programmes: s.storyProgrammes(), Units: s.storyUnits(), Codes: codes,
		Late: options(w.say("filter.all"), "", "yes", w.say("refusals.late.only")), List: s.storyList("refusals.count", 212, 3), Today: today}
	none, nothing := all, all
	none.Rows, none.List = nil, s.storyList("refusals.count", 0, 0)
	nothing.Rows, nothing.Only, nothing.List = nil, 2, s.storyList("refusals.count", 0, 0, w.say("refusals.of.list", 2))
	one := refusal{RowDetail: records.RowDetail{List: 3, Row: 12, Programme: "TET26", Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", File: "00004-tet.xlsx", Refused: true,
		Name: "Nguyễn Văn Mẫu", Birth: 1940, Waits: []records.OpenRowLine{late}, Findings: []records.RowFinding{
			{Code: string(registry.IDZeroLost), Severity: "repair", Refuses: true, Column: "D", Value: "•••••••••71", Proposed: "••••••••••71", Args: []string{"1"}},
			{Code: string(registry.CategoryYear), Severity: "warning", Column: "H", Value: "TET-HN-2026-03"}}}, May: true, Today: today}
	one.Give.Owners = options(w.say("assign.same", "can-bo-lap"), "", "can-bo-lap", "Nguyễn Thị Mẫu, Chuyên viên (can-bo-lap)", "chu-tich-00004", "Trần Văn Mẫu, Chủ tịch UBND phường (chu-tich-00004)")
	before := []records.RowAssigned{{Owner: "can-bo-lap", Due: today.AddDays(-9), Postponed: true, Why: "chờ công an cấp lại căn cước", By: "chu-tich-00004", At: storyTime.AddDate(0, 0, -15)},
		{Owner: "can-bo-hai", Due: today.AddDays(-2), Postponed: true, Why: "nghỉ ốm", By: "can-bo-lap", At: storyTime.AddDate(0, 0, -9)}}
	shown, look, wrong, ended, planned, late2 := one, one, one, one, one, one
	late2.Act, late2.Why, late2.Give.Due, late2.Give.Before = "assign", "vẫn chờ căn cước", "20/02/2026", before
	ended.Give.Before = before[:1]
	shown.Shown, shown.Cells = true, []registry.RefusedCell{{Column: "B", Heading: "Họ và tên", Value: "Nguyễn Văn Mẫu"}, {Column: "D", Heading: "Số CCCD", Value: "00000000071"}}
	look.May = false
	wrong.Act, wrong.Why, wrong.Second = "drop", "đã chuyển đi tỉnh khác", "ke-toan-truong"
	ended.Waits, ended.Decisions = nil, []records.RowDecision{{Kind: "moved", Reason: "chờ cấp lại căn cước", ByOne: "can-bo-lap", At: storyTime.AddDate(0, 0, -9)},
		{Kind: "corrected", NewList: 8, NewRow: 12, ByOne: "can-bo-lap", At: storyTime}}
	planned.Refused, planned.Findings, planned.Waits, planned.Name = false, nil, []records.OpenRowLine{left}, left.Name
	return []story{
		{Page: "refusals", Name: "late, soon, moved", Me: accounts.Maker, Data: all},
		{Page: "refusals", Name: "nothing waits", Me: accounts.Auditor, Data: none},
		{Page: "refusals", Name: "nothing of one list", Me: accounts.Maker, Data: nothing},
		{Page: "refusal", Name: "waits, late", Me: accounts.Maker, Data: one},
		{Page: "refusal", Name: "the whole row shown", Me: accounts.Maker, Data: shown},
		{Page: "refusal", Name: "for an auditor", Me: accounts.Auditor, Data: look},
		{Page: "refusal", Name: "the second person's password is wrong", Me: accounts.Accountant, Data: wrong, Status: 403,
			Errors: []fieldError{{Field: "drop-password", Text: s.tellHalf("Tên đăng nhập hoặc mật khẩu không đúng. / The name or the password is not right.")}}},
		{Page: "refusal", Name: "the deadline moved twice", Me: accounts.Maker, Data: late2, Status: 403, Errors: []fieldError{{Text: s.tellHalf("Hạn của dòng 12 danh sách 3 đã lùi 2 lần: chỉ sở được lùi tiếp. / " +
			"The deadline of row 12 of list 3 was moved 2 times: only the department moves it further.")}}},
		{Page: "refusal", Name: "left out by a plan", Me: accounts.Maker, Data: planned},
		{Page: "refusal", Name: "settled", Me: accounts.Maker, Data: ended},
	}
}

func (s *site) personStories() []story {
	w, f := s.told(), formatter{s.telling}
	day := calendar.DateOf(storyTime)
	paid := f.mark("paid")
	p := person{Record: people.Record{Person: 740, Day: day, Name: "Nguyễn Văn Mẫu", ID: "…0071", Birth: "1940-03-02", Sex: registry.Male, Unit: "00004 2025-07-01", Waiting: 1,
		Categories: []people.CategoryState{{Code: "TET-HN-2026-03", Shown: "Người cao tuổi", State: people.Active, Decision: "12/QĐ-UBND", List: 3}, {Shown: "trợ giúp xã hội", State: people.Suspended}}},
		UnitVI: "Phường Mẫu Hoàn Kiếm", Ways: []wayLine{{people.WayState{Rank: 1, Method: registry.MethodAccount, BankBIN: "999001", Account: "…0071", Holder: "NGUYEN VAN MAU"}, "Ngân hàng Mẫu A"},
			{people.WayState{Rank: 2, Method: registry.MethodCash}, ""}},
		Members: []member{{740, "Nguyễn Văn Mẫu", true}, {741, "Trần Thị Mẫu", false}},
		Payments: []foundSentence{{Mark: paid, Path: "/payments/13001/740",
			Text: w.say("find.say.paid", f.money(500_000), "Quà Tết Bính Ngọ 2026", w.say("find.where.account", "Ngân hàng Mẫu A", "0071"), f.date(day), f.date(day))}},
		Acts: []people.Act{{ID: 9, Kind: people.KindName, From: day, PaperNo: "7/GKS", PaperDate: day, Why: "theo giấy khai sinh", By: "can-bo-lap", ByTwo: "chu-tich-00004", At: storyTime, Outcome: "done"},
			{ID: 12, Kind: people.KindChannel, From: day, PaperNo: "02/Đ", PaperDate: day, Why: "mất thẻ", By: "can-bo-lap", At: storyTime}},
		Facts: []people.Fact{{Field: "name", Value: "Nguyễn Văn Mầu", From: day.AddDays(-40), To: day, Known: storyTime.AddDate(0, 0, -40), List: 3}, {Field: "sex", Value: "M", From: day, Known: storyTime, Act: 9}}}
	plain, dead := p, p
	plain.Record, plain.Ways, plain.Members, plain.Payments, plain.Acts, plain.Facts = people.Record{Person: 741, Name: "Trần Thị Mẫu", Unit: p.Unit}, nil, nil, nil, nil, nil
	dead.Died, dead.Into, dead.Record.Others = day, 12, []int64{900}
	dead.Payee = &people.PayeeState{Kind: people.Heir, Name: "Nguyễn Văn Con", PaperNo: "5/VB", PaperDate: day, From: day, To: day.AddDays(90), Method: registry.MethodCash}
	return []story{
		{Page: "person", Name: "with a history", Me: accounts.Maker, Data: p},
		{Page: "person", Name: "as the list had it", Me: accounts.Auditor, Data: plain},
		{Page: "person", Name: "died, merged, with an heir", Me: accounts.Accountant, Data: dead},
	}
}

func (s *site) verificationStories() []story {
	ended := storyTime
	row := records.VerificationRow{ID: 2, List: 3, Unit: "00004", UnitVI: "Phường Mẫu Hoàn Kiếm", Source: checking.Population, Total: 9_395, By: "can-bo-lap", At: storyTime, Waiting: 4_120, Open: 6}
	done := records.VerificationRow{ID: 1, List: 2, Unit: "00008", UnitVI: "Xã Mẫu Ba Vì", Source: checking.Accounts, Total: 412, By: "can-bo-lap", At: storyTime, Ended: &ended}
	said := func(person int64, name string, verdict checking.Verdict, differs ...string) checking.Difference {
		return checking.Difference{Person: person, Name: name, Verdict: verdict, Differs: differs, AskedAt: storyTime, Version: "2026-01-19", Open: true}
	}
	other := said(740, "Nguyễn Văn Mẫu", checking.Different, "name", "birth", "unit")
	other.Register = &checking.PersonAnswer{Found: true, Name: "Nguyễn Văn Mầu", Birth: registry.Birth{Date: calendar.Must(1940, 3, 12), Year: 1940, Precision: registry.PrecisionDay}, Sex: registry.Male, Unit: "99999"}
	dead := said(741, "Trần Thị Mẫu", checking.Dead)
	dead.Register = &checking.PersonAnswer{Found: true, Name: "Trần Thị Mẫu", Birth: registry.Birth{Year: 1938, Precision: registry.PrecisionYear}, Sex: registry.Female, Unit: "00004", Dead: true, DiedOn: calendar.Must(2026, 1, 2)}
	settled, waits, again := other, other, other
	settled.Choice, settled.Why, settled.By, settled.Open = "accept", "đã đối chiếu giấy khai sinh", "can-bo-lap", false
	waits.Choice, waits.Why, waits.By, waits.Waiting = "correct", "theo CSDL dân cư", "can-bo-lap", true
	again.Choice, again.Why, again.By = "correct", "theo CSDL dân cư", "can-bo-lap"
	unknown := said(742, "Lê Văn Mẫu", checking.NotFound)
	account, closed := said(743, "Phạm Thị Mẫu", checking.Different, "holder"), said(744, "Đỗ Văn Mẫu", checking.Different, "closed")
	account.Directory, closed.Directory = &checking.HolderAnswer{Found: true, Holder: "NGUYEN THI KHAC"}, &checking.HolderAnswer{Found: true, Holder: "DO VAN MAU", Closed: true}
	ours := people.Record{Name: "Nguyễn Văn Mẫu", ID: "…0071", Birth: "1940-03-02", Sex: registry.Male, Unit: "00004 2025-07-01", UnitName: "Phường Mẫu Hoàn Kiếm",
		Ways: []people.WayState{{Rank: 1, Method: registry.MethodAccount, BankBIN: "999001", Account: "…0071", Holder: "PHAM THI MAU"}}}
	hers, his, theirs := ours, ours, ours
	his.Name, theirs.Name = unknown.Name, account.Name
	hers.Name, hers.Birth, hers.Sex, hers.UnitName = "Trần Thị Mẫu", "1938", "", unitWord("00004")
	closes := ours
	closes.Name, closes.Ways = closed.Name, []people.WayState{{Rank: 1, Method: registry.MethodAccount, BankBIN: "999001", Account: "…0071", Holder: "DO VAN MAU"}}
	ofAccount := done
	ofAccount.Open = 1
	wrong := resolveForm{Choice: "correct", Why: "theo CSDL dân cư", Paper: "CSDLDC-7", PaperDate: "31/02/2026"}
	return []story{
		{Page: "verifications", Name: "one goes on", Me: accounts.Maker, Data: verifications{Rows: []records.VerificationRow{row, done}, List: listing{Sentence: s.storyList("verifications.count", 2, 2).Sentence}}},
		{Page: "verifications", Name: "none yet", Me: accounts.Auditor, Data: verifications{List: s.storyList("verifications.count", 0, 0)}},
		{Page: "verification", Name: "differences wait", Me: accounts.Maker, Data: oneVerification{VerificationRow: row, Rows: []checking.Difference{other, dead, unknown, waits}, Next: "?after=742"}},
		{Page: "verification", Name: "all, decided too", Me: accounts.Auditor, Data: oneVerification{VerificationRow: row, Rows: []checking.Difference{settled, dead}, All: true}},
		{Page: "verification", Name: "nothing waits", Me: accounts.Maker, Data: oneVerification{VerificationRow: done}},
		{Page: "difference", Name: "another name and birth", Me: accounts.Maker, Data: difference{VerificationRow: row, Difference: other, Ours: ours, May: true}},
		{Page: "difference", Name: "an id nobody knows", Me: accounts.Maker, Data: difference{VerificationRow: row, Difference: unknown, Ours: his, May: true, Form: resolveForm{Choice: "correct"}}},
		{Page: "difference", Name: "another holder", Me: accounts.Accountant, Data: difference{VerificationRow: ofAccount, Difference: account, Ours: theirs, May: true, Form: resolveForm{Choice: "correct"}}},
		{Page: "difference", Name: "the paper's date is wrong", Me: accounts.Maker, Data: difference{VerificationRow: row, Difference: other, Ours: ours, May: true, Form: wrong}, Status: 422,
			Errors: []fieldError{{Field: "paper-date", Text: s.told().say("list.date.wrong", "31/02/2026")}}},
		{Page: "difference", Name: "an account that is closed", Me: accounts.Maker, Data: difference{VerificationRow: ofAccount, Difference: closed, Ours: closes, May: true}},
		{Page: "difference", Name: "its correction waits for a second person", Me: accounts.Maker, Data: difference{VerificationRow: row, Difference: waits, Ours: ours, May: true}},
		{Page: "difference", Name: "its correction was refused", Me: accounts.Maker, Data: difference{VerificationRow: row, Difference: again, Ours: ours, May: true}},
		{Page: "difference", Name: "decided", Me: accounts.Auditor, Data: difference{VerificationRow: row, Difference: settled, Ours: ours}},
		{Page: "difference", Name: "for an auditor", Me: accounts.Auditor, Data: difference{VerificationRow: row, Difference: dead, Ours: hers}},
	}
}

func (s *site) candidateStories() []story {
	w := s.told()
	units := s.storyUnits()
	units[0].Word = w.say("template.unit")
	d := candidates{Programmes: s.storyProgrammes()[1:], Last: options(w.say("candidates.last.none"), "", "TET25", "Quà Tết 2025"), Units: units, From: "01/01/2026", To: "31/12/2026"}
	found, nobody := d, d
	found.Asked, found.List = true, s.storyList("candidates.count", 61, 3, "Phường Mẫu Hoàn Kiếm")
	found.Rows = []registry.Candidate{{Why: registry.WhyBirthday, Person: 740, Name: "Nguyễn Văn Mẫu", BirthYear: 1956, UnitName: "Phường Mẫu Hoàn Kiếm", What: "70", On: "2026-03-02"},
		{Why: registry.WhyLast, Person: 741, Name: "Trần Thị Mẫu", BirthYear: 1938, UnitName: "Phường Mẫu Hoàn Kiếm", What: "TET25", Category: "TET-HN-2026-03"},
		{Why: registry.WhyDecision, Person: 742, Name: "Lê Văn Mẫu", UnitName: "Phường Mẫu Hoàn Kiếm", What: "12/QĐ-UBND", On: "2026-01-20"}}
	nobody.Asked, nobody.List = true, s.storyList("candidates.count", 0, 0)
	return []story{
		{Page: "candidates", Name: "not asked yet", Me: accounts.Maker, Data: d},
		{Page: "candidates", Name: "some to look at", Me: accounts.Maker, Data: found},
		{Page: "candidates", Name: "nobody is missing", Me: accounts.Auditor, Data: nobody},
	}
}
