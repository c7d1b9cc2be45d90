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
