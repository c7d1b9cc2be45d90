package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// monthList is a list of the social pension with this many people, in CSV.
func monthList(t *testing.T, people int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Họ và tên,Năm sinh,CCCD,Nhóm đối tượng,Hình thức nhận\n")
	for i := range people {
		fmt.Fprintf(&b, "Phạm Văn %s,1940,000040%06d,HTXH-75,Tiền mặt\n", []string{"Một", "Hai", "Ba", "Bốn"}[i], i+1)
	}
	path := filepath.Join(t.TempDir(), "00004-thang.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A programme that pays every month, by the commands an officer types.
func TestAMonthByCommands(t *testing.T) {
	t.Parallel()
	dir, three, four := folder(t), monthList(t, 3), monthList(t, 4)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "300", "--until", "lists"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	take := []string{"list", "import", "--programme", "HTXH26", "--by", "van-thu"}
	plan := []string{"batch", "plan", "--programme", "HTXH26", "--name", "Hưu trí xã hội", "--count", "9", "--total", "9000000", "--decision", "1/QĐ",
		"--decided", "2026-01-20", "--by", "can-bo-lap"}
	for _, step := range []struct {
		command []string
		more    []string
		code    int
		says    string
	}{
		{take, []string{three}, 1, "PAYOUT-MONTH-NEEDED"},
		{take, []string{"--month", "2062-01", three}, 1, "PAYOUT-MONTH-RANGE"},
		{take, []string{"--month", "02/2026", three}, 2, "2026-02"},
		{take, []string{"--month", "2026-01", three}, 0, "3 rows taken"},
		{take, []string{"--month", "2026-02", three}, 0, "3 rows taken"},
		{take, []string{"--month", "2026-02", three}, 0, "taken before"},
		{[]string{"list", "import", "--programme", "TET26", "--by", "van-thu"}, []string{"--month", "2026-01", three}, 1, "PAYOUT-MONTH-ONCE"},
		{plan, nil, 1, "PAYOUT-MONTH-NEEDED"},
		{plan, []string{"--month", "2026-01", "--period", "2026-01-05"}, 2, "exclude"},
		{plan, []string{"--month", "2026-03"}, 1, "PAYOUT-MONTH-RANGE"},
		{plan, []string{"--month", "2026-01"}, 0, "3 khoản, 1.950.000 đồng"},
		{plan, []string{"--month", "2026-02"}, 0, "3 khoản, 1.950.000 đồng"},
		{[]string{"batch", "show"}, []string{"--batch", "13002"}, 0, "tháng / month 02/2026, hạn chi / due 10/02/2026"},
		{[]string{"list", "check"}, []string{"--programme", "HTXH26", "--month", "2026-02", "--no-copy", four}, 1, "LIST-PERSON-BATCH"},
		{[]string{"list", "check"}, []string{"--month", "2026-02", "--no-copy", four}, 2, "needs --programme"},
		{append(take, "--accept-valid"), []string{"--month", "2026-02", four}, 0, "1 rows taken, 3 refused"},
		{plan, []string{"--month", "2026-02"}, 0, "1 khoản, 650.000 đồng"},
		{[]string{"registry", "candidates"}, []string{"--programme", "HTXH26", "--month", "2026-01", "--from", "2026-01-01", "--to", "2026-01-31", "--last", "HTXH26"}, 0, "Phạm Văn Bốn"},
	} {
		r := ansinh(t, append(append(step.command[:2:2], "--dir", dir), append(step.command[2:len(step.command):len(step.command)], step.more...)...)...)
		if r.code != step.code || !strings.Contains(r.stdout+r.stderr, step.says) {
			t.Errorf("%v %v: exit %d, want %d and %q in\n%s%s", step.command[:2], step.more, r.code, step.code, step.says, r.stdout, r.stderr)
		}
	}
}

// A commune that was paid last month and hands in nothing is named where the month is
// planned; an approver seals what is his, and the rest waits without an error.
func TestACommuneWithoutAListIsNamed(t *testing.T) {
	t.Parallel()
	step, box := steps(t), t.TempDir()
	for unit, row := range map[string]string{"00004": "Phạm Văn Một,1940,000040000001", "00008": "Phạm Văn Hai,1941,000041000002"} {
		text := "Họ và tên,Năm sinh,CCCD,Nhóm đối tượng,Hình thức nhận\n" + row + ",HTXH-75,Tiền mặt\n"
		if err := os.WriteFile(filepath.Join(box, unit+".csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	take := func(month, name string) {
		step(0, "1 rows taken", "list", "import", "--programme", "HTXH26", "--month", month, "--by", "van-thu", filepath.Join(box, name))
	}
	plan := func(month string) result {
		return step(0, "sections, payments", "batch", "plan", "--programme", "HTXH26", "--month", month, "--name", "Hưu trí xã hội", "--count", "9", "--total", "9000000",
			"--decision", "1/QĐ", "--decided", "2026-01-20", "--by", "can-bo-lap")
	}
	const absent = "no list for the month: 00008 Phường Ngọc Hà, 1 người ở tháng 01/2026"
	take("2026-01", "00004.csv")
	take("2026-01", "00008.csv")
	take("2026-02", "00004.csv")
	if r := plan("2026-01"); strings.Contains(r.stdout, "no list for the month") {
		t.Errorf("of the first month it says\n%s", r.stdout)
	}
	if r := plan("2026-02"); !strings.Contains(r.stdout, absent) {
		t.Errorf("planning does not say %q:\n%s", absent, r.stdout)
	}
	step(0, absent, "batch", "show", "--batch", "13002")
	id := filepath.Join(box, "id")
	if err := os.WriteFile(id, []byte("000041000002"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := []string{"--reader", "kiem-toan", "--role", "auditor"}
	person := strings.TrimSpace(step(0, "", append([]string{"person", "find", "--id", "@" + id}, reader...)...).stdout)
	months := append([]string{"person", "months", "--person", person}, reader...)
	step(0, "HTXH26 01/2026: khoản chi / payment 13001/2, 650.000 đồng", months...)
	step(0, "HTXH26 02/2026: không có trong danh sách nào: xã, phường chưa nộp danh sách tháng này", months...)
	take("2026-02", "00008.csv")
	if r := step(0, "13002", "batch", "show", "--batch", "13002"); strings.Contains(r.stdout, "no list for the month") {
		t.Errorf("with its list taken it is still named:\n%s", r.stdout)
	}
	if r := step(0, "HTXH26 02/2026: có tên / listed", months...); strings.Contains(r.stdout, "on no list") {
		t.Errorf("with its list taken the month is still without one:\n%s", r.stdout)
	}
	step(1, "PEOPLE-READER", "person", "months", "--person", person)

	step(0, "2 sections submitted", "batch", "submit", "--batch", "13001", "--by", "can-bo-lap")
	step(0, "1 phần chờ người khác duyệt", "batch", "approve", "--batch", "13001", "--signer", "chu-tich-00004")
	step(1, "PAYOUT-UNIT", "batch", "approve", "--batch", "13001", "--signer", "chu-tich-00004")
	step(0, "Phường Ngọc Hà", "batch", "approve", "--batch", "13001", "--signer", "chu-tich-00008")
	step(0, "no section waits", "batch", "approve", "--batch", "13001", "--signer", "chu-tich-00008")
}
