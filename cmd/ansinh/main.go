package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"ansinh/internal/errs"
)

// The exit codes.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

// command is one command of the command line.
type command struct {
	name    string // with its group: "ledger verify"
	args    string // what stands after the flags in the usage line
	short   string // one line for the list
	example string
	// setup declares flags and returns what runs after they are read.
	setup func(f *flag.FlagSet) run
}

type run func(ctx context.Context, e *env, args []string) error

// usageError is a wrong call; its text says what is right.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errReported is a refusal whose reasons were printed already.
var errReported = errors.New("refused")

func main() {
	lessCollecting()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := call(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// call runs one command line and returns its exit code.
func call(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, rest := find(args)
	if c == nil {
		return list(args, stdout, stderr)
	}
	f := flag.NewFlagSet("ansinh "+c.name, flag.ContinueOnError)
	f.SetOutput(stderr)
	e := &env{stdout: stdout, stderr: stderr}
	f.StringVar(&e.dir, "dir", "", "data folder; without it ANSINH_DATABASE_URL, else "+defaultDir())
	do := c.setup(f)
	f.Usage = func() { c.usage(f) }
	words, err := parse(f, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	err = e.close(do(ctx, e, words))
	return e.report(err, c)
}

// parse reads flags wherever they stand, before or after the words; behind "--"
// everything is a word.
func parse(f *flag.FlagSet, args []string) (words []string, err error) {
	var behind []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, behind = args[:i], args[i+1:]
	}
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return append(words, behind...), nil
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
}

// find takes the longest command that args begin with.
func find(args []string) (*command, []string) {
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
		if i >= 0 {
			return &commands()[i], args[words:]
		}
	}
	return nil, args
}

// list prints the commands, all or those of a group.
func list(args []string, stdout, stderr io.Writer) int {
	out, code, group := stdout, exitDone, ""
	if len(args) > 0 && args[0] != "help" && args[0] != "--help" && args[0] != "-h" {
		out, code = stderr, exitUsage
		if slices.ContainsFunc(commands(), func(c command) bool { return strings.HasPrefix(c.name, args[0]+" ") }) {
			group = args[0] + " "
			if len(args) > 1 && args[1] == "--help" {
				out, code = stdout, exitDone
			}
		} else {
			fmt.Fprintf(out, "ansinh: không có lệnh %q / there is no command %q\n\n", args[0], args[0])
		}
	}
	fmt.Fprintln(out, "An Sinh: chi trả an sinh xã hội không dùng tiền mặt / cashless social-welfare disbursement.")
	fmt.Fprintln(out, "\nUsage: ansinh COMMAND [flags]; ansinh COMMAND --help shows flags and an example.")
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, c := range commands() {
		if strings.HasPrefix(c.name, group) {
			fmt.Fprintf(table, "  %s\t%s\n", c.name, c.short)
		}
	}
	table.Flush()
	fmt.Fprintln(out, "\nExit codes: 0 done, 1 refused with reasons, 2 wrong usage.")
	return code
}

func (c *command) usage(f *flag.FlagSet) {
	out := f.Output()
	fmt.Fprintf(out, "ansinh %s: %s\n\nUsage: ansinh %s [flags] %s\n\nExample:\n", c.name, c.short, c.name, c.args)
	for _, line := range strings.Split(strings.TrimSpace(c.example), "\n") {
		fmt.Fprintf(out, "  %s\n", strings.TrimSpace(line))
	}
	fmt.Fprintln(out, "\nFlags:")
	f.PrintDefaults()
}

// report prints an error once and chooses the exit code.
func (e *env) report(err error, c *command) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitRefused
	case errors.As(err, &usage):
		fmt.Fprintf(e.stderr, "ansinh %s: %s\nRun `ansinh %s --help`.\n", c.name, usage.text, c.name)
		return exitUsage
	}
	fmt.Fprintf(e.stderr, "ansinh %s: %s\n", c.name, e.sentence(err))
	return exitRefused
}

// sentence is what a person reads of an error, with its code.
func (e *env) sentence(err error) string {
	kind, sentence := errs.Read(err)
	switch {
	case kind == errs.Internal:
		return err.Error() // the operator at this terminal is the one who must mend it
	case errs.Code(err) != "" && !strings.Contains(sentence, errs.Code(err)):
		return fmt.Sprintf("%s (%s)", sentence, errs.Code(err))
	default:
		return sentence
	}
}
