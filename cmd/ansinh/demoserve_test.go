package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"ansinh/web/accounts"
)

// output collects what a process prints and tells when a word came.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	word  string
	there chan struct{}
	said  bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p) //nolint:errcheck // a buffer
	if !o.said && strings.Contains(o.text.String(), o.word) {
		o.said = true
		close(o.there)
	}
	return len(p), nil
}

func (o *output) String() string { o.mu.Lock(); defer o.mu.Unlock(); return o.text.String() }

var (
	oneLink   = regexp.MustCompile(`commune approver\s+(\S+)/signin/link/(\S+)`)
	firstTask = regexp.MustCompile(`seals a section: (\S+)`)
	inForm    = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// TestDemoEndsByServing follows what the demo prints: the approver's link, the
// section that waits, the password; then Ctrl-C ends it cleanly.
func TestDemoEndsByServing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	out, words := &output{word: "Ctrl-C", there: make(chan struct{})}, &output{word: "\x00"}
	cmd := command(t, "demo", "--dir", dir, "--people", "600", "--seed", "3", "--listen", "127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = out, words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-out.there:
	case err := <-ended:
		t.Fatalf("it ended: %v\n%s", err, words)
	}
	link, task := oneLink.FindStringSubmatch(out.String()), firstTask.FindStringSubmatch(out.String())
	if link == nil || task == nil || !strings.Contains(out.String(), "DỮ LIỆU GIẢ LẬP") {
		t.Fatalf("no link or task in:\n%s", out)
	}
	approveByLink(t, link[1], link[2], task[1])
	wantAccounts(t, dir)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Ctrl-C: %v, want a clean end\n%s", err, words)
	}
}

// approveByLink signs in with a one-time link and seals the section at task.
func approveByLink(t *testing.T, base, link, task string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	read := func(r *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", r.Request.URL.Path, r.StatusCode, err)
		}
		return string(body)
	}
	if page := read(browser.PostForm(base+"/signin/link", url.Values{"link": {link}})); !strings.Contains(page, "phần chờ bạn phê duyệt") {
		t.Error("the approver's home shows no section that waits")
	}
	page := read(browser.Get(task))
	form := url.Values{"password": {"du-lieu-gia-lap"}}
	for _, m := range inForm.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], m[2])
	}
	if page = read(browser.PostForm(task+"/approve", form)); !strings.Contains(page, "Đã phê duyệt.") {
		t.Errorf("the section is not approved: %s", page)
	}
}

// wantAccounts looks at the accounts by the command line, while the demo serves.
func wantAccounts(t *testing.T, dir string) {
	t.Helper()
	r := ansinh(t, "user", "list", "--dir", dir, "--json")
	var list []accounts.Account
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || len(list) != 8 {
		t.Fatalf("user list: %d accounts, %v\n%s", len(list), err, r.stderr)
	}
	if r := ansinh(t, "user", "link", "kiem-toan", "--dir", dir); r.code != 0 || !strings.Contains(r.stdout, "/signin/link/") {
		t.Errorf("user link: %d %s%s", r.code, r.stdout, r.stderr)
	}
	for _, tt := range []struct {
		args  []string
		input string
		code  int
		says  string
	}{
		{[]string{"user", "add", "ke-toan-2", "--name", "Người Mẫu", "--role", "accountant"}, "một câu dễ nhớ để thử\n", 0, ""},
		{[]string{"user", "add", "ke-toan-3", "--name", "Người Mẫu", "--role", "accountant"}, "ngắn\n", 1, "CONSOLE-PASSWORD-SHORT"},
		{[]string{"user", "password", "ke-toan-2"}, "một câu dễ nhớ để thử\ncâu mới cũng dễ nhớ\n", 0, ""},
		{[]string{"user", "password", "ke-toan-truong", "--reset"}, "câu mới cũng dễ nhớ\n", 1, "CONSOLE-RESET-SIGNER"},
		{[]string{"user", "close", "ke-toan-2"}, "", 0, ""},
		{[]string{"user", "close", "ke-toan-2"}, "", 1, "CONSOLE-ACCOUNT-NONE"},
	} {
		cmd := command(t, append(tt.args, "--dir", dir)...)
		cmd.Stdin = strings.NewReader(tt.input)
		said, err := cmd.CombinedOutput()
		if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // returned bare
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(said), tt.says) {
			t.Errorf("%v: %d %s, want %d and %q", tt.args, code, said, tt.code, tt.says)
		}
	}
}

// TestStorybookNeedsNoDatabase starts it and looks at its list.
func TestStorybookNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := start(ctx, t, "storybook", "--listen", "127.0.0.1:0")
	address := strings.TrimSpace(<-p.lines)
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "/story/1") {
		t.Errorf("the storybook lists no story: %v", err)
	}
	cancel()
	p.wait()
}
