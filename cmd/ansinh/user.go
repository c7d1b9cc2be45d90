package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"ansinh/web/accounts"
)

func userCommands() []command {
	return []command{
		{name: "user add", args: "ID", short: "thêm tài khoản bàn làm việc / add a console account; the password is asked for, or read from standard input",
			example: "ansinh user add chu-tich-00004 --name 'Nguyễn Văn Mẫu' --title 'Chủ tịch UBND' --role approver --unit 00004 --signs", setup: setupUserAdd},
		{name: "user password", args: "ID", short: "đổi mật khẩu / change a password with the old one; --reset without it, where the person does not sign",
			example: "ansinh user password van-thu --reset", setup: setupUserPassword},
		{name: "user list", short: "các tài khoản / the accounts", example: "ansinh user list --json", setup: setupUserList},
		{name: "user link", args: "ID", short: "liên kết đăng nhập một lần, chỉ với dữ liệu giả lập / a one-time sign-in link, for demo data only",
			example: "ansinh user link can-bo-lap --at http://127.0.0.1:8080", setup: setupUserLink},
		{name: "user close", args: "ID", short: "đóng tài khoản / close an account and end its sessions", example: "ansinh user close van-thu", setup: setupUserClose},
	}
}

// people opens the register of accounts.
func (e *env) people(ctx context.Context) (*accounts.Register, error) {
	db, err := e.pool(ctx)
	if err != nil {
		return nil, err
	}
	return &accounts.Register{DB: db, Now: e.now(), Random: rand.Reader}, nil
}

// operator is whom acts on accounts from the command line are recorded under.
func operator() string {
	if name := os.Getenv("USER"); name != "" {
		return "system: command line, " + name
	}
	return "system: command line"
}

// askPassword asks twice on a terminal and reads a line elsewhere.
func (e *env) askPassword(input *bufio.Reader, what string, twice bool) (string, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		line, err := input.ReadString('\n')
		if line == "" && err != nil {
			return "", fmt.Errorf("read %s from standard input: %w", what, err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	read := func(prompt string) (string, error) {
		fmt.Fprintf(e.stderr, "%s: ", prompt)
		text, err := term.ReadPassword(fd)
		fmt.Fprintln(e.stderr)
		return string(text), err
	}
	first, err := read(what)
	if err != nil || !twice {
		return first, err
	}
	second, err := read(what + ", nhập lại / again")
	if err == nil && first != second {
		err = usagef("the two passwords differ")
	}
	return first, err
}

func oneID(args []string) (string, error) {
	if len(args) != 1 {
		return "", usagef("one ID is needed")
	}
	return args[0], nil
}

func setupUserAdd(f *flag.FlagSet) run {
	var a accounts.Account
	f.StringVar(&a.NameVI, "name", "", "full name")
	f.StringVar(&a.TitleVI, "title", "", "office, as printed on approval sheets")
	f.StringVar((*string)(&a.Role), "role", "", "maker, approver, accountant, department, auditor or operator")
	f.StringVar(&a.UnitCode, "unit", "", "code of the only commune the person works for; empty is the whole city")
	f.BoolVar(&a.Signs, "signs", false, "the person approves: make a signing key that only their password opens")
	return func(ctx context.Context, e *env, args []string) error {
		var err error
		if a.ID, err = oneID(args); err != nil {
			return err
		}
		people, err := e.people(ctx)
		if err != nil {
			return err
		}
		password, err := e.askPassword(bufio.NewReader(os.Stdin), "mật khẩu / password", true)
		if err != nil {
			return err
		}
		return people.Add(ctx, accounts.New{Account: a, Password: password}, operator())
	}
}

func setupUserPassword(f *flag.FlagSet) run {
	reset := f.Bool("reset", false, "without the old password; refused where the person signs")
	return func(ctx context.Context, e *env, args []string) error {
		id, err := oneID(args)
		if err != nil {
			return err
		}
		people, err := e.people(ctx)
		if err != nil {
			return err
		}
		input := bufio.NewReader(os.Stdin)
		old := ""
		if !*reset {
			if old, err = e.askPassword(input, "mật khẩu cũ / old password", false); err != nil {
				return err
			}
		}
		fresh, err := e.askPassword(input, "mật khẩu mới / new password", true)
		if err != nil {
			return err
		}
		if *reset {
			return people.ResetPassword(ctx, id, fresh, operator())
		}
		return people.ChangePassword(ctx, id, old, fresh, "command line")
	}
}

func setupUserList(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		people, err := e.people(ctx)
		if err != nil {
			return err
		}
		list, err := people.List(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(list)
		}
		table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "id\trole\tunit\tsigns\tclosed\tname")
		for _, a := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%t\t%t\t%s\n", a.ID, a.Role, a.UnitCode, a.Signs, a.Closed, a.NameVI)
		}
		return table.Flush()
	}
}

func setupUserLink(f *flag.FlagSet) run {
	at := f.String("at", "http://127.0.0.1:8080", "address of the console")
	return func(ctx context.Context, e *env, args []string) error {
		id, err := oneID(args)
		if err != nil {
			return err
		}
		people, err := e.people(ctx)
		if err != nil {
			return err
		}
		link, err := people.Link(ctx, id, operator())
		if err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, strings.TrimRight(*at, "/")+"/signin/link/"+link)
		return nil
	}
}

func setupUserClose(*flag.FlagSet) run {
	return func(ctx context.Context, e *env, args []string) error {
		id, err := oneID(args)
		if err != nil {
			return err
		}
		people, err := e.people(ctx)
		if err != nil {
			return err
		}
		return people.Close(ctx, id, operator())
	}
}
