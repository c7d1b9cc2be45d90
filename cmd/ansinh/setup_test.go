package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ansinh/internal/calendar"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

// said runs a command that reads a line from standard input.
func (d desk) said(line string, args ...string) string {
	d.t.Helper()
	cmd := command(d.t, append(args, "--dir", d.dir)...)
	cmd.Stdin = strings.NewReader(line + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("ansinh %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// An operator makes an installation of their own from a file, people join it one
// by one with passwords, and a list is paid through it: no demo anywhere.
func TestInstallationSetUpFromAFilePaysAList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.clock("2026-01-20T01:00:00Z")
	file := d.write("setup.toml", d.ok("setup", "sample"))
	d.ok("setup", file, "--check")
	if got := d.ok("setup", file); !strings.Contains(got, "installation MAU is set up") || !strings.Contains(got, "new keys") {
		t.Errorf("setup says %q", got)
	}
	if got := d.ok("setup", file); strings.Contains(got, "new keys") {
		t.Errorf("setup again made keys again: %q", got)
	}
	if got := d.ok("channel", "list"); !strings.Contains(got, "Ngân hàng Mẫu A") {
		t.Errorf("channels are %s", got)
	}
	d.people()
	unit, truth := d.list("00004", 12)

	banks := start(t.Context(), t, "sandbox", "--dir", d.dir, "--faults=false")
	waitLine(t, banks, "control")
	d.ok("sandbox", "control", "account", `{"bank":"A","account":"9990001001","name":"SO NOI VU MAU"}`)
	serve := start(t.Context(), t, "serve", "--dir", d.dir, "--listen", "127.0.0.1:0", "--every", "100ms")
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(waitLine(t, serve, "the console"))

	d.ok("list", "import", unit, "--programme", "TET26", "--unit", "00004", "--by", "can-bo", "--accept-valid")
	d.ok("batch", "plan", "--programme", "TET26", "--name", "Quà Tết", "--count", fmt.Sprint(truth.Sound), "--total", fmt.Sprint(truth.TotalVND),
		"--decision", "3/QĐ", "--decided", "2026-01-20", "--by", "can-bo")
	const batch = "13001"
	d.ok("batch", "submit", "--batch", batch, "--by", "can-bo")
	if got := d.said("mot mat khau dai cua chu tich", "batch", "approve", "--batch", batch, "--signer", "chu-tich"); !strings.Contains(got, "đã duyệt đủ") {
		t.Errorf("approve says %q", got)
	}
	for _, line := range strings.Split(strings.TrimSpace(d.ok("batch", "fund", "--batch", batch, "--by", "ke-toan")), "\n") {
		draw := regexp.MustCompile(`^A: ([\d.]+) đồng, (\S+)$`).FindStringSubmatch(line)
		if draw == nil {
			continue // a provider's money is not at a bank
		}
		d.ok("sandbox", "control", "fund", fmt.Sprintf(`{"bank":"A","account":"9990001001","amount":"%s","reference":"%s"}`,
			strings.ReplaceAll(draw[1], ".", ""), draw[2]))
	}
	d.day("2026-01-20", address)
	d.ok("batch", "release", "--batch", batch, "--by", "ke-toan")
	d.until("all are sent", batch, func(b shownBatch) bool { return b.Summary.Unsent == 0 })
	// Providers pay over ten days; each ends with what banks and providers then say.
	for day := calendar.Must(2026, 1, 21); day.Before(calendar.Must(2026, 2, 5)); day = day.AddDays(1) {
		d.clock(day.String() + "T10:00:00Z")
		d.day(day.String(), address)
	}
	got := d.until("nothing is on its way", batch, func(b shownBatch) bool {
		return !slices.ContainsFunc(b.Tallies, func(c shownTally) bool { return c.Payments > 0 && c.State != "paid" && c.State != "unpaid" })
	})
	if got.Summary.Payments != int64(truth.Sound) || got.Summary.Paid < 4 {
		t.Errorf("%d of %d payments are paid, the list has %d sound rows", got.Summary.Paid, got.Summary.Payments, truth.Sound)
	}
	wantNobodyTwice(t, d.dir)
	if got := d.ok("ledger", "verify"); !strings.Contains(got, "sổ đúng / verified") {
		t.Errorf("verify says %s", got)
	}
}

// people joins those who act, each with a password of their own.
func (d desk) people() {
	d.t.Helper()
	for _, p := range []struct{ id, role, unit string }{
		{"can-bo", "maker", ""}, {"chu-tich", "approver", "00004"}, {"ke-toan", "accountant", ""},
	} {
		d.said(fmt.Sprintf("mot mat khau dai cua %s", strings.ReplaceAll(p.id, "-", " ")), "user", "add", p.id, "--name", "Nguyễn Văn Mẫu",
			"--title", "Chức vụ mẫu", "--role", p.role, "--unit", p.unit, "--signs")
	}
}

// list writes one commune's invented workbook.
func (d desk) list(code string, people int) (path string, truth demolist.Truth) {
	d.t.Helper()
	for _, u := range registry.Communes() {
		if u.Code != code {
			continue
		}
		path = filepath.Join(d.dir, code+".xlsx")
		file, err := os.Create(path)
		if err != nil {
			d.t.Fatal(err)
		}
		defer file.Close()
		plan := demolist.Make(1, people, []demolist.Place{{Code: u.Code, Name: u.NameVI}})
		if truth, err = plan.Units[0].WriteTet(file); err != nil {
			d.t.Fatal(err)
		}
		return path, truth
	}
	d.t.Fatalf("there is no commune %s", code)
	return "", truth
}

func (d desk) write(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// clock moves the folder's time, which every process on it lives at.
func (d desk) clock(at string) {
	d.t.Helper()
	if err := os.Rename(d.write("clock.part", at+"\n"), filepath.Join(d.dir, "clock")); err != nil {
		d.t.Fatal(err)
	}
}

// day lets the banks end a day and deliver what they made.
func (d desk) day(date, address string) {
	d.t.Helper()
	d.ok("sandbox", "control", "close-day", fmt.Sprintf(`{"date":"%s"}`, date))
	d.ok("sandbox", "control", "deliver", fmt.Sprintf(`{"callback":"%s"}`, address))
}

// until asks again until the batch is as wanted; other processes work on it.
func (d desk) until(what, batch string, is func(shownBatch) bool) shownBatch {
	d.t.Helper()
	for {
		got := jsonOf[shownBatch](d, "batch", "show", "--batch", batch, "--json")
		if is(got) {
			return got
		}
		if d.t.Context().Err() != nil {
			d.t.Fatalf("waited in vain until %s: %+v", what, got)
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // another process works
	}
}

func TestSetupFileThatCannotBeRight(t *testing.T) {
	t.Parallel()
	d := desk{t, t.TempDir()}
	sample := ansinh(t, "setup", "sample").stdout
	for name, tt := range map[string]struct{ old, new, want string }{
		"no TOML":                  {`installation = "MAU"`, `installation = MAU"`, "line 6"},
		"unknown key":              {`default = true`, `defaults = true`, "channel.defaults"},
		"name of two characters":   {`"MAU"`, `"MA"`, "installation"},
		"book code short":          {`"9990001"                 #`, `"999001" #`, "book 1"},
		"no such commune":          {`valid_from = "2026-01-01"`, "valid_from = \"2026-01-01\"\nunits = [\"99999\"]", "99999"},
		"no such programme":        {`valid_from = "2026-01-01"`, "valid_from = \"2026-01-01\"\nprogrammes = [\"TET99\"]", "TET99"},
		"no such day":              {`"2026-01-01"`, `"01/01/2026"`, "valid_from"},
		"invented banks, but real": {`demo = true`, `demo = false`, "profiles"},
		"no such profile":          {`key = "A" `, `key = "Z" `, "channel 1"},
		"no default":               {`default = true `, `default = false `, "default"},
		"cash by nobody":           {`provider = "XA" `, `provider = "BHXH" `, "XA"},
		"account without number":   {`number = "9990001001"`, `number = ""`, "channel 1, account 1"},
		"holder with marks":        {`name = "SO NOI VU MAU"         #`, `name = "Sở Nội vụ" #`, "channel 1, account 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(sample, tt.old) == 0 {
				t.Fatalf("the sample has no %q", tt.old)
			}
			file := d.file("setup.toml", strings.Replace(sample, tt.old, tt.new, 1))
			r := ansinh(t, "setup", file, "--check")
			if r.code != 1 || !strings.Contains(r.stderr, "SETUP-FILE") || !strings.Contains(r.stderr, tt.want) {
				t.Errorf("exit code %d, %q; want 1, SETUP-FILE and %q", r.code, r.stderr, tt.want)
			}
		})
	}
}

// A second file never changes what a database is.
func TestSetupFileThatDiffersFromTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sample := d.ok("setup", "sample")
	d.ok("setup", d.write("setup.toml", sample))
	d.refused("SETUP-DIFFERS", "setup", d.write("name.toml", strings.Replace(sample, `"MAU"`, `"MOT"`, 1)))
	d.refused("SETUP-DIFFERS", "setup", d.write("account.toml", strings.Replace(sample, `"9990001001"`, `"9990001002"`, 1)))

	// A ring that was lost is not made anew: with another one nobody would be found again.
	if err := os.Remove(filepath.Join(d.dir, "keys")); err != nil {
		t.Fatal(err)
	}
	if r := d.run("setup", filepath.Join(d.dir, "setup.toml")); r.code != 1 || !strings.Contains(r.stderr, "no keys at") {
		t.Errorf("setup without the ring: exit code %d, %q", r.code, r.stderr)
	}
}

func TestLinesFileThatCannotBeRight(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ok("setup", d.write("setup.toml", d.ok("setup", "sample")))
	key := filepath.Join(d.dir, "A.hex")
	d.ok("channel", "key", key)
	if r := d.run("channel", "key", key); r.code != 1 {
		t.Errorf("a key was written over: exit code %d", r.code)
	}
	good := "[A]\nurl = \"https://bank.example/\"\nkey_id = \"ANSINH-1\"\nkey_file = \"A.hex\"\n"
	d.write("lines.toml", good)
	if got := d.ok("channel", "list"); !strings.Contains(got, "https://bank.example/") {
		t.Errorf("channels are %s", got)
	}
	for name, text := range map[string]string{
		"unknown key":  strings.Replace(good, "key_id", "keyid", 1),
		"no HTTPS":     strings.Replace(good, "https", "http", 1),
		"no key there": strings.Replace(good, "A.hex", "B.hex", 1),
		"no TOML":      good + "[",
	} {
		d.write("lines.toml", text)
		if r := d.run("channel", "list"); r.code != 1 || !strings.Contains(r.stderr, "LINES-FILE") {
			t.Errorf("%s: exit code %d, %q; want 1 and LINES-FILE", name, r.code, r.stderr)
		}
	}
}
