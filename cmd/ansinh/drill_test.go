package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
)

// drillPeople is the size of the restore drills; CI takes a small one, `make
// drill` the recorded one.
var drillPeople = flag.Int("drill-people", 700, "people of the restore drill")

// drill is a demo whose database is lost in the middle of dispatch.
type drill struct {
	t      *testing.T
	seed   uint64
	dir    string // the data folder that is lost, then the restored one
	backup string
	sentB  time.Time // of the first message to bank B after the backup; zero if there is none
}

// lose runs a demo, backs it up in the middle of the first sendings, lets it send
// and book more, and loses the database.
//
// Bank B remembers ids for an hour. On a machine so busy that the kill comes when
// the demo's clock is further than that, B can no longer say what it was sent; its
// files then stop dispatch everywhere (docs/TRUTH.md). That is another drill than
// the one meant, which is begun anew.
func lose(t *testing.T, seed uint64) *drill {
	t.Helper()
	for range 5 {
		if d := loseOnce(t, seed); d.remembered() {
			return d
		}
	}
	t.Fatal("five times the kill came after bank B had forgotten what it was sent")
	return nil
}

func loseOnce(t *testing.T, seed uint64) *drill {
	t.Helper()
	d := &drill{t: t, seed: seed, dir: folder(t)}
	d.must("demo", "--people", fmt.Sprint(*drillPeople), "--seed", fmt.Sprint(seed), "--until", "dispatch")
	size := booksSize(t, d.dir)
	killAt(t, d.dir, int64(*drillPeople)*60) // some canaries are with the banks, some are not
	known := map[string]bool{}
	for no := range d.sentToB() {
		known[no] = true
	}
	var made struct {
		File string `json:"file"`
	}
	d.read(&made, "backup", "--to", d.dir+string(filepath.Separator)+"backup"+string(filepath.Separator), "--json")
	d.backup = made.File
	killAt(t, d.dir, int64(*drillPeople)*150)
	if grown := booksSize(t, d.dir) - size; grown < int64(*drillPeople)*150 {
		t.Fatalf("the banks' books grew by %d bytes only: nothing was sent after the backup", grown)
	}
	for no, at := range d.sentToB() {
		if !known[no] && (d.sentB.IsZero() || at.Before(d.sentB)) {
			d.sentB = at
		}
	}
	d.must("db", "stop")
	return d
}

// sentToB reads when each message to bank B was formed, by number.
func (d *drill) sentToB() map[string]time.Time {
	d.t.Helper()
	r := ansinh(d.t, "db", "psql", "--dir", d.dir, "--", "-A", "-t", "-F", " ", "-c",
		"SELECT no, extract(epoch FROM created_at)::bigint FROM payout.submission WHERE channel = 'B'")
	if r.code != 0 {
		d.t.Fatalf("messages to bank B: %s%s", r.stdout, r.stderr)
	}
	list := map[string]time.Time{}
	for line := range strings.Lines(r.stdout) {
		no, at, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			d.t.Fatal(err)
		}
		list[no] = time.Unix(seconds, 0)
	}
	return list
}

// remembered reports whether bank B can still be asked about what it was sent.
func (d *drill) remembered() bool {
	return d.sentB.IsZero() || d.clock().Before(d.sentB.Add(time.Hour))
}

func (d *drill) must(args ...string) string {
	d.t.Helper()
	r := ansinh(d.t, append(args, "--dir", d.dir)...)
	if r.code != 0 {
		d.t.Fatalf("ansinh %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

func (d *drill) read(into any, args ...string) {
	d.t.Helper()
	if out := d.must(args...); json.Unmarshal([]byte(out), into) != nil {
		d.t.Fatalf("ansinh %v: no JSON: %s", args, out)
	}
}

// restored is what `ansinh restore --json` says.
type restored struct {
	Epoch int      `json:"epoch"`
	Sends int      `json:"sends_not_on_record"`
	Lost  bool     `json:"journal_lost"`
	Cause []string `json:"causes"`
}

// restore puts the backup into a new folder and brings along what is not the
// database: the banks (they are other people's) and where the demo was.
func (d *drill) restore(args ...string) restored {
	d.t.Helper()
	old := d.dir
	d.dir = filepath.Join(folder(d.t), "new")
	var r restored
	d.read(&r, append([]string{"restore", "--from", d.backup, "--old", old, "--json"}, args...)...)
	for _, name := range []string{"sandbox", "demo.json", "outbox", "lists"} {
		if err := os.Rename(filepath.Join(old, name), filepath.Join(d.dir, name)); err != nil && !os.IsNotExist(err) {
			d.t.Fatal(err)
		}
	}
	dir := d.dir
	d.t.Cleanup(func() {
		path, err := binary()
		if err != nil {
			return
		}
		if out, err := exec.Command(path, "db", "stop", "--dir", dir).CombinedOutput(); err != nil {
			d.t.Errorf("stop the server: %v\n%s", err, out)
		}
	})
	return r
}

// dispatchView is what `ansinh dispatch show --json` says.
type dispatchView struct {
	Stopped  string `json:"stopped"`
	Channels []struct {
		Channel string `json:"channel"`
		State   string `json:"state"`
	} `json:"channels"`
	Unresolved []struct {
		Why string `json:"why"`
	} `json:"unresolved"`
}

// wantClosed requires that no channel pays.
func (d *drill) wantClosed() (v dispatchView) {
	d.t.Helper()
	d.read(&v, "dispatch", "show", "--json")
	for _, c := range v.Channels {
		if c.State != "paused" {
			d.t.Errorf("channel %s is %s after the restore, want paused", c.Channel, c.State)
		}
	}
	return v
}

func (d *drill) clock() time.Time {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "clock"))
	if err != nil {
		d.t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		d.t.Fatal(err)
	}
	return at
}

func (d *drill) setClock(at time.Time) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, "clock"), []byte(at.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// withBanks opens the banks' own books and lets them answer while do runs.
func (d *drill) withBanks(do func(*sandbox.World)) {
	d.t.Helper()
	world, err := sandbox.Open(sandbox.Config{Dir: d.dir, Seed: d.seed, Now: d.clock})
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := world.Serve(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	do(world)
	if err := world.Close(); err != nil {
		d.t.Fatal(err)
	}
}

var drillChannels = []string{"A", "B", "C", "D", "E", "P1", "P2"}

func twoSign(args ...string) []string {
	return append(args, "--by", "ke-toan-truong", "--second", "kiem-soat-vien", "--why", "đã đối chiếu với ngân hàng")
}

func (d *drill) openAll() {
	d.t.Helper()
	for _, bank := range drillChannels {
		d.must(twoSign("dispatch", "open", "--bank", bank)...)
	}
}

func (d *drill) finish() summary {
	d.t.Helper()
	s := readSummary(d.t, ansinh(d.t, "demo", "--dir", d.dir, "--resume", "--json"))
	wantNobodyTwice(d.t, d.dir)
	if s.InDoubt+s.AtProvider > 0 {
		d.t.Errorf("left over: %+v", s)
	}
	return s
}

// TestRestoreDrill: an older database with the surviving journal knows everything
// that was sent, before any bank is asked; nobody is paid twice, everybody is paid.
func TestRestoreDrill(t *testing.T) {
	t.Parallel()
	d := lose(t, 21)
	r := d.restore()
	if r.Sends == 0 || r.Epoch != 2 || r.Lost {
		t.Fatalf("restored: %+v; want sends the backup does not know, epoch 2, a whole journal", r)
	}
	d.withBanks(func(*sandbox.World) {
		if v := d.wantClosed(); len(v.Unresolved) > 0 {
			t.Errorf("not taken back: %+v", v.Unresolved)
		}
		if r := ansinh(t, "dispatch", "open", "--dir", d.dir, "--bank", "A", "--by", "ke-toan-truong", "--second", "ke-toan-truong", "--why", "x"); r.code != 1 ||
			!strings.Contains(r.stderr, "PAYOUT-TWO-PEOPLE") {
			t.Errorf("one person opened a bank: %d %s", r.code, r.stderr)
		}
		if r := ansinh(t, "dispatch", "settle", "--dir", d.dir, "--message", "XYZ", "--by", "ke-toan-truong", "--second", "kiem-soat-vien", "--why", "x"); r.code != 1 ||
			!strings.Contains(r.stderr, "CLI-NO-SEND") {
			t.Errorf("a send nobody knows was settled: %d %s", r.code, r.stderr)
		}
		d.must("dispatch", "stop", "--by", "thu-quy", "--why", "diễn tập")
		d.must("settlement", "fetch", "--since", "2026-01-25")
		d.openAll()
		d.must("dispatch", "lift", "--by", "ke-toan-truong", "--why", "đã đối chiếu với ngân hàng")
		d.must("dispatch", "lift", "--by", "kiem-soat-vien", "--why", "đã đối chiếu với ngân hàng")
	})
	if s := d.finish(); s.Unsent > 0 {
		t.Errorf("%d payments were not sent: %+v", s.Unsent, s)
	}
	d.must("ledger", "verify")
}

// TestRestoreDrillWithoutJournal loses the journal too: dispatch stays off until
// the banks have told what they know, a whole business day's statements are in
// and two people decide.
func TestRestoreDrillWithoutJournal(t *testing.T) {
	t.Parallel()
	d := lose(t, 22)
	r := d.restore("--journal-lost")
	if !r.Lost || r.Epoch != 2 {
		t.Fatalf("restored: %+v; want a lost journal and epoch 2", r)
	}
	lost := d.clock()
	d.withBanks(func(world *sandbox.World) {
		d.wantClosed()
		d.must("settlement", "fetch", "--since", "2026-01-25")
		early := ansinh(t, twoSign("dispatch", "open", "--dir", d.dir, "--bank", "A")...)
		if early.code != 1 || !strings.Contains(early.stderr, "PAYOUT-STATEMENTS-MISSING") {
			t.Errorf("bank A was opened before its statements: %d %s", early.code, early.stderr)
		}
		for day := calendar.DateOf(lost); !day.After(calendar.DateOf(lost).AddDays(1)); day = day.AddDays(1) {
			if at := day.At(17, 0); at.After(d.clock()) {
				d.setClock(at)
			}
			if err := world.CloseDay("", day.String()); err != nil {
				t.Fatal(err)
			}
			d.must("settlement", "fetch", "--since", "2026-01-25")
		}
		if v := d.wantClosed(); v.Stopped != "" {
			t.Errorf("what the banks told was not enough: %s", v.Stopped)
		}
		d.openAll()
	})
	d.finish()
	d.must("ledger", "verify")
}
