package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/registry/verification"
	"ansinh/registry/verification/sandbox"
)

func verifyCommands() []command {
	return []command{
		{name: "verify-list start", short: "mở việc đối chiếu một danh sách / open a verification of a whole list",
			example: "ansinh verify-list start --list 3 --source population --by can-bo-lap", setup: setupVerifyStart},
		{name: "verify-list run", short: "đối chiếu, chạy tiếp nếu đã dừng / verify; goes on where it stood",
			example: "ansinh verify-list run --no 1 --url http://127.0.0.1:8091", setup: setupVerifyRun},
		{name: "verify-list show", short: "tiến độ và các khác biệt / progress and differences",
			example: "ansinh verify-list show --no 1 --reader can-bo-lap --role maker --json", setup: setupVerifyShow},
		{name: "verify-list resolve", short: "quyết định một khác biệt / decide on one difference: correct the record or keep it with a reason",
			example: "ansinh verify-list resolve --no 1 --person 12 --accept --why 'đã đối chiếu giấy khai sinh' --by can-bo-lap\n" +
				"ansinh verify-list resolve --no 1 --person 12 --correct --why 'theo CSDL dân cư' --paper CSDLDC-7 --paper-date 2026-01-19 --by can-bo-lap",
			setup: setupVerifyResolve},
		{name: "verify-list sandbox", short: "cơ sở dữ liệu dân cư giả lập của dữ liệu giả lập / an invented population register and account directory of a demo's people",
			example: "ansinh verify-list sandbox --dir ./ansinh-demo --listen 127.0.0.1:8091 --seed 3", setup: setupVerifySandbox},
	}
}

func setupVerifyStart(f *flag.FlagSet) run {
	list := f.Int64("list", 0, "number of the list")
	source := f.String("source", "population", "population or account")
	by := f.String("by", "", "who asks")
	return func(ctx context.Context, e *env, _ []string) error {
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		job := verification.Job{DB: desk.DB, Keys: desk.Keys, Random: desk.Random, Now: desk.Now}
		id, err := job.Start(ctx, *list, verification.Source(*source), *by)
		if err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, id)
		return nil
	}
}

func setupVerifyRun(f *flag.FlagSet) run {
	no := f.Int64("no", 0, "number of the verification")
	url := f.String("url", os.Getenv(envVerify), "address of the other side; default "+envVerify)
	keyFile := f.String("key", os.Getenv(envVerKey), "file with our key there; default "+envVerKey)
	pace := f.Int("per-second", 10, "calls a second at most")
	bulk := f.Int("bulk", 100, "people a call")
	return func(ctx context.Context, e *env, _ []string) error {
		if *no <= 0 || *url == "" {
			return usagef("--no and --url are needed")
		}
		key := ""
		if *keyFile != "" {
			text, err := os.ReadFile(*keyFile)
			if err != nil {
				return err
			}
			key = strings.TrimSpace(string(text))
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		client := verification.NewClient(verification.LineConfig{URL: strings.TrimSuffix(*url, "/"), Key: key, PerSecond: *pace, BulkMax: *bulk, Now: time.Now})
		job := verification.Job{DB: desk.DB, Keys: desk.Keys, Random: desk.Random, Now: desk.Now, Wall: time.Now, People: client, Accounts: client}
		r, err := job.Take(ctx, *no)
		if err != nil {
			return err
		}
		defer r.GiveUp(context.WithoutCancel(ctx)) //nolint:errcheck // the lease ends by itself
		for {
			s, err := r.Step(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stderr, "\r%d/%d", s.Total-s.Waiting, s.Total)
			if s.Waiting == 0 {
				fmt.Fprintln(e.stderr)
				e.printVerification(s)
				return e.letGo(ctx)
			}
		}
	}
}

func (e *env) printVerification(s verification.Summary) {
	fmt.Fprintf(e.stdout, "đối chiếu / verification %d, danh sách / list %d, %s: %d người / people, khớp / same %d, khác / different %d, đã mất / dead %d, không thấy / not found %d, không hỏi / not asked %d, chưa hỏi / waiting %d, chưa xong / open %d, trong đó chờ người thứ hai / of them proposed %d\n",
		s.ID, s.List, s.Source, s.Total, s.Same, s.Differ, s.Dead, s.NotFound, s.NotAsked, s.Waiting, s.Open, s.Proposed)
}

func setupVerifyShow(f *flag.FlagSet) run {
	who := readerFlags(f)
	no := f.Int64("no", 0, "number of the verification")
	after := f.Int64("after", 0, "list people after this number")
	all := f.Bool("all", false, "those decided on too")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		s, err := verification.Read(ctx, desk.DB, *no)
		if err != nil {
			return err
		}
		list, err := verification.Differences(ctx, desk.DB, desk.Keys, *no, *after, *all, 1000)
		if err != nil {
			return err
		}
		for _, d := range list {
			if err := noteReading(ctx, desk, *who, d.Person); err != nil {
				return err
			}
		}
		if *asJSON {
			return e.printJSON(map[string]any{"summary": s, "differences": list})
		}
		e.printVerification(s)
		for _, d := range list {
			fmt.Fprintf(e.stdout, "%d %s: %s %s; %s (%s, %s) %s %s%s\n", d.Person, d.Name, d.Verdict, strings.Join(d.Differs, ", "), d.Theirs, d.Version,
				d.AskedAt.In(calendar.Zone).Format("2006-01-02 15:04"), d.Choice, d.Why, waitingText(d))
		}
		return nil
	}
}

func setupVerifyResolve(f *flag.FlagSet) run {
	var p personFlags
	f.Int64Var(&p.person, "person", 0, "number of the record")
	no := f.Int64("no", 0, "number of the verification")
	accept := f.Bool("accept", false, "our record stays")
	correct := f.Bool("correct", false, "our record is corrected")
	f.StringVar(&p.why, "why", "", "reason")
	f.StringVar(&p.by, "by", "", "who decides")
	f.StringVar(&p.paper, "paper", "", "number of the paper of a correction")
	f.StringVar(&p.paperDate, "paper-date", "", "day of the paper")
	f.StringVar(&p.id, "id", "", "the right personal id, or @FILE")
	f.StringVar(&p.method, "method", "", "the right way: account, cash, home or bhxh")
	f.StringVar(&p.bank, "bank", "", "BIN of the bank")
	f.StringVar(&p.account, "account", "", "account number, or @FILE")
	f.StringVar(&p.holder, "holder", "", "holder of the account")
	return func(ctx context.Context, e *env, _ []string) error {
		if *accept == *correct || *no <= 0 || p.person <= 0 {
			return usagef("--no, --person and one of --accept and --correct are needed")
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		r := verification.Resolution{Verification: *no, Person: p.person, Accept: *accept, Why: p.why, By: p.by, Paper: people.Paper{No: p.paper}}
		if r.Paper.Date, err = dayFlag("paper-date", p.paperDate); err != nil {
			return err
		}
		if r.ID, err = secret(p.id); err != nil {
			return err
		}
		if registry.Method(p.method) != "" {
			way, err := p.way()
			if err != nil {
				return err
			}
			r.Way = &way
		}
		acts, err := verification.Resolve(ctx, desk, r)
		if err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, "đã ghi quyết định / decision recorded")
		e.printActs(acts)
		return e.letGo(ctx)
	}
}

func setupVerifySandbox(f *flag.FlagSet) run {
	listen := f.String("listen", "127.0.0.1:8091", "address")
	var c sandbox.Config
	f.Uint64Var(&c.Seed, "seed", 1, "what the register says otherwise follows from it")
	rate := f.Int("one-in", 40, "of how many people one is dead, one moved, one respelt, …; 0 = none")
	f.IntVar(&c.PerSecond, "per-second", 0, "calls a second it takes; 0 = any")
	f.IntVar(&c.FailEvery, "fail-every", 0, "each so-many-th call answers 503")
	return func(ctx context.Context, e *env, _ []string) error {
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		var book bytes.Buffer
		n, err := verification.WriteDemoBook(ctx, desk.DB, desk.Keys, calendar.DateOf(e.now()()), &book)
		if err != nil {
			return err
		}
		entries, err := sandbox.ReadBook(&book)
		if err != nil {
			return err
		}
		c.Version, c.Now = "GIA-LAP-"+fmt.Sprint(c.Seed), time.Now
		for _, one := range []*int{&c.Dead, &c.Moved, &c.Respelt, &c.OtherBirth, &c.Unknown, &c.OtherOwner, &c.Closed} {
			*one = *rate
		}
		socket, err := net.Listen("tcp", *listen)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: sandbox.New(c, entries), ReadHeaderTimeout: 10 * time.Second}
		stop := context.AfterFunc(ctx, func() { server.Close() })
		defer stop()
		fmt.Fprintf(e.stdout, "DỮ LIỆU GIẢ LẬP: %d người / people, http://%s\n", n, socket.Addr())
		if err := server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

func waitingText(d verification.Difference) string {
	if d.Waiting {
		return " (chờ người thứ hai / waits for a second person)"
	}
	return ""
}
