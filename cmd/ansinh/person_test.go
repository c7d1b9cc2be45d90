package main_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"ansinh/payout"
)

// The record of one person, worked on by the program's commands alone.
func TestOnePersonsRecordByCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ok("demo", "--people", "300", "--until", "plan")
	reader := []string{"--reader", "can-bo-lap", "--role", "auditor", "--why", "kiểm thử"}
	show := func(person string) string {
		return d.ok(append([]string{"person", "show", "--person", person}, reader...)...)
	}
	paper := []string{"--paper", "12/GKS", "--paper-date", "2026-01-15", "--why", "giấy tờ của dân", "--by", "can-bo-lap"}
	propose := func(args ...string) string {
		return d.ok(append(append([]string{"person", "propose"}, args...), paper...)...)
	}

	if out := propose("name", "--person", "1", "--name", "Người Đã Sửa"); !strings.Contains(out, "chờ người thứ hai") {
		t.Fatalf("proposing a name: %q", out)
	}
	act := strings.Fields(d.ok("person", "waiting"))[0]
	if strings.Contains(show("1"), "Người Đã Sửa") {
		t.Error("the name changed without a second person")
	}
	d.refused("PEOPLE-TWO-PEOPLE", "person", "confirm", "--act", act, "--signer", "can-bo-lap")
	d.ok("person", "confirm", "--act", act, "--signer", "lanh-dao-so")
	if out := show("1"); !strings.Contains(out, "Người Đã Sửa") {
		t.Errorf("record after the second person:\n%s", out)
	}
	if out := d.ok(append([]string{"person", "history", "--person", "1"}, reader...)...); !strings.Contains(out, "can-bo-lap lanh-dao-so done") || !strings.Contains(out, "12/GKS") {
		t.Errorf("history:\n%s", out)
	}
	if out := propose("channel", "--person", "2", "--method", "cash"); !strings.Contains(out, "kỳ này") || !strings.Contains(out, "chờ người thứ hai") {
		t.Errorf("a changed method says %q, want the period and a second person", out)
	}
	d.ok("person", "confirm", "--act", strings.Fields(d.ok("person", "waiting"))[0], "--signer", "lanh-dao-so")

	// An account that two people gave waits for the bank's word alone.
	name := jsonOf[struct{ Name string }](d, append([]string{"person", "show", "--person", "3", "--json"}, reader...)...).Name
	propose("channel", "--person", "3", "--method", "account", "--bank", "999001", "--account", "0010000099999", "--holder", name)
	d.ok("person", "confirm", "--act", strings.Fields(d.ok("person", "waiting"))[0], "--signer", "lanh-dao-so")
	fresh := d.ok("fresh", "list", "--reader", "can-bo-lap", "--role", "auditor")
	if !strings.Contains(fresh, "DỮ LIỆU GIẢ LẬP") || !strings.Contains(fresh, "999001 …9999") || !strings.Contains(fresh, name) || strings.Contains(fresh, "0010000099999") {
		t.Errorf("accounts changed lately:\n%s", fresh)
	}
	d.refused("PEOPLE-NOT-FRESH", "fresh", "confirm", "--person", "3", "--signer", "lanh-dao-so")
	d.refused("PEOPLE-NOT-FRESH", "fresh", "refuse", "--person", "1", "--why", "nhầm", "--signer", "lanh-dao-so")
	d.ok("fresh", "confirm", "--unit", "00004", "--signer", "lanh-dao-so")
	propose("join", "--person", "3", "--head")
	d.refused("PEOPLE-HOUSEHOLD", append([]string{"person", "propose", "join", "--person", "4", "--household", "99"}, paper...)...)
	d.refused("PEOPLE-UNIT", append([]string{"person", "propose", "unit", "--person", "4", "--unit", "99999"}, paper...)...)
	d.refused("PEOPLE-NO-ID", append([]string{"person", "find", "--id", "000099999999"}, reader...)...)
	d.refused("PEOPLE-READER", "person", "show", "--person", "1")
	propose("death", "--person", "5", "--from", "2026-01-10")
	act = strings.Fields(d.ok("person", "waiting"))[0]
	d.ok("person", "refuse", "--act", act, "--why", "nhầm người", "--signer", "lanh-dao-so")
	if out := d.ok("person", "waiting"); !strings.Contains(out, "nothing waits") {
		t.Errorf("waiting: %q", out)
	}
	if out := d.ok("person", "units", "--by", "can-bo-lap"); !strings.HasPrefix(out, "0 người chờ") {
		t.Errorf("units: %q", out)
	}
	d.ok("person", "checks")
}

// A whole list against a register in another process: run, interrupted by nothing,
// shown, decided.
func TestAListIsVerifiedByCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ok("demo", "--people", "2000", "--until", "plan")
	register := command(t, "verify-list", "sandbox", "--dir", d.dir, "--listen", "127.0.0.1:0", "--seed", "3", "--one-in", "4")
	out, err := register.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := register.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		register.Process.Kill() //nolint:errcheck // it may have ended
		register.Wait()         //nolint:errcheck // killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line[strings.Index(line, "http://"):])
	no := strings.TrimSpace(d.ok("verify-list", "start", "--list", "1", "--source", "population", "--by", "can-bo-lap"))
	if sum := d.ok("verify-list", "run", "--no", no, "--url", url, "--bulk", "7"); !strings.Contains(sum, "chưa hỏi / waiting 0") {
		t.Fatalf("run: %q", sum)
	}
	shown := jsonOf[struct {
		Summary     struct{ Open, Total, Same, NotAsked int64 } `json:"summary"`
		Differences []struct{ Person int64 }                    `json:"differences"`
	}](d, "verify-list", "show", "--no", no, "--reader", "can-bo-lap", "--role", "auditor", "--json")
	if shown.Summary.Open == 0 || int64(len(shown.Differences)) != shown.Summary.Open || shown.Summary.Same == 0 {
		t.Fatalf("shown: %+v", shown)
	}
	d.refused("VERIFY-NONE", "verify-list", "show", "--no", "99", "--reader", "can-bo-lap")
	person := shown.Differences[0].Person
	decide := []string{"verify-list", "resolve", "--no", no, "--person", fmt.Sprint(person), "--accept", "--why", "đã đối chiếu giấy tờ", "--by", "can-bo-lap"}
	d.ok(decide...)
	d.refused("VERIFY-DECIDED", decide...)
}

// An open row changes hands by a command, and stays open.
func TestAnOpenRowIsAssignedByCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ok("demo", "--people", "2000", "--until", "plan")
	type openRow struct {
		List  int64  `json:"list"`
		Row   int    `json:"row"`
		Owner string `json:"owner"`
		Due   string `json:"due"`
	}
	list := func(more ...string) []openRow {
		return jsonOf[[]openRow](d, append([]string{"refusal", "list", "--json"}, more...)...)
	}
	rows := list()
	if len(rows) == 0 {
		t.Fatal("no row waits")
	}
	one := []string{"--list", fmt.Sprint(rows[0].List), "--row", fmt.Sprint(rows[0].Row)}
	d.refused("PAYOUT-ROW-ASSIGN", append([]string{"refusal", "assign", "--owner", "lanh-dao-so", "--by", "can-bo-lap"}, one...)...)
	d.ok(append([]string{"refusal", "assign", "--owner", "lanh-dao-so", "--due", "2026-03-01", "--why", "nghỉ ốm", "--by", "can-bo-lap"}, one...)...)
	if got := list(one...); len(got) != 1 || got[0].Owner != "lanh-dao-so" || got[0].Due != "2026-03-01" {
		t.Errorf("the row waits as %+v", got)
	}
	if got := list(); len(got) != len(rows) {
		t.Errorf("%d rows wait, want %d as before", len(got), len(rows))
	}
	if faults := jsonOf[[]payout.RowFault](d, "refusal", "verify", "--json"); len(faults) != 0 {
		t.Errorf("rows without an answer: %v", faults)
	}
}
