package ansinh_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// planted is one fault, or one innocent neighbour of a fault, for each row:
// the files of a small repository and what the rule must say of them.
type planted struct {
	rule  string
	files map[string]string
	want  []string // empty: the rule must stay silent
}

// TestRulesCatchPlantedFaults shows that each rule can fail, and where it must
// not.
func TestRulesCatchPlantedFaults(t *testing.T) {
	t.Parallel()
	cases := []map[string]planted{plantedShapes(), plantedCalls(), plantedQueries(), plantedWords()}
	caught := make(map[string]bool)
	for _, group := range cases {
		for name, tt := range group {
			caught[tt.rule] = caught[tt.rule] || len(tt.want) > 0
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check := rules[tt.rule]
				if check == nil {
					t.Fatalf("there is no rule %q", tt.rule)
				}
				if diff := cmp.Diff(tt.want, check(plant(t, tt.files))); diff != "" {
					t.Errorf("rule %q (-want +got):\n%s", tt.rule, diff)
				}
			})
		}
	}
	for _, name := range sorted(rules) {
		if !caught[name] {
			t.Errorf("rule %q has no planted fault: nobody knows that it can fail", name)
		}
	}
}

func plant(t *testing.T, files map[string]string) *tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	repository, err := read(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

// lines returns n lines that mean nothing.
func lines(n int) string { return strings.Repeat("\t_ = 0\n", n) }

func plantedShapes() map[string]planted {
	longFunction := "package a\n\nfunc (e *Engine) Long() {\n" + lines(69) + "}\n"
	return map[string]planted{
		"spaces instead of tabs": {
			"every Go file is gofmt-clean", map[string]string{"a/a.go": "package a\n\nfunc f() {\n    return\n}\n"},
			[]string{"a/a.go:1: run gofmt on this file"},
		},
		"a package without comment": {
			"every package says what it protects", map[string]string{"a/a.go": "package a\n"},
			[]string{"a: package has no comment: say the rule it protects, the picture, what it refuses to do"},
		},
		"a package comment that says nothing": {
			"every package says what it protects", map[string]string{"a/a.go": "// Package a is a package.\npackage a\n"},
			[]string{`a: package comment is "Package a is a package.": say the rule it protects, the picture, what it refuses to do`},
		},
		"two package comments": {
			"every package says what it protects", map[string]string{
				"a/a.go": "// Package a is. It has. It does not.\npackage a\n",
				"a/b.go": "// Package a is. It has. It does not.\npackage a\n",
			},
			[]string{"a: package has 2 comments, keep one in doc.go"},
		},
		"a file beyond any reason": {
			"files stay short", map[string]string{"a/a.go": "// More than 500 lines because of habit.\npackage a\n" + strings.Repeat("\n", 799)},
			[]string{"a/a.go:1: 801 lines, more than 800: split it"},
		},
		"a long file without a reason": {
			"files stay short", map[string]string{"a/a.go": "package a\n" + strings.Repeat("\n", 500)},
			[]string{`a/a.go:1: 501 lines: begin its first comment with "More than 500 lines because …" or split it`},
		},
		"a long file with a reason": {
			"files stay short", map[string]string{"a/a.go": "// More than 500 lines because it is one table.\npackage a\n" + strings.Repeat("\n", 500)}, nil,
		},
		"a function of 71 lines": {
			"functions stay short", map[string]string{"a/a.go": longFunction},
			[]string{"a/a.go:3: Engine.Long has 71 lines, at most 70"},
		},
		"a longer function on the ratchet, and a row too many": {
			"functions stay short", map[string]string{"a/a.go": longFunction, ratchetFile: "a/a.go Engine.Long 75\n"},
			[]string{
				"testdata/long-functions.txt:1: 1 rows, at most 0: shorten the new function instead of listing it",
				"a/a.go:3: Engine.Long has 71 lines now: lower or remove its row in testdata/long-functions.txt",
			},
		},
		"a row for a function that is gone": {
			"functions stay short", map[string]string{ratchetFile: "a/a.go Gone 75\n"},
			[]string{
				"testdata/long-functions.txt:1: 1 rows, at most 0: shorten the new function instead of listing it",
				"testdata/long-functions.txt:1: a/a.go Gone is gone: remove its row",
			},
		},
		"a long table in a short test": {
			"functions stay short", map[string]string{"a/a_test.go": "package a\n\nfunc f() {\n\t_ = []int{\n" + strings.Repeat("\t\t1,\n", 80) + "\t}\n}\n"}, nil,
		},
		"exported names without a word, and with one": {
			"every exported name is explained", map[string]string{"a/a.go": "package a\n\ntype T int\n\n// Makes it.\nfunc Make() {}\n\nconst Max = 1\n\n" +
				"// The states.\nconst (\n\tOn = 1\n\tOff = 2\n)\n\n// A U is.\ntype U int\n\nfunc (U) String() string { return \"\" }\nfunc (t) Hidden() {}\n"},
			[]string{
				"a/a.go:3: T needs a comment that begins with its name",
				"a/a.go:6: Make needs a comment that begins with its name",
				"a/a.go:8: Max needs a comment, or its group does",
			},
		},
		"underscores and drawers": {
			"files are named by noun", map[string]string{"a/batch_state.go": "package a\n", "a/types.go": "package a\n", "utils/x_test.go": "package a\n"},
			[]string{
				"a/batch_state.go:1: name it by a noun in lower case, no underscore but that of _test",
				`a/types.go:1: "types" names a drawer: name what is inside`,
				`utils/x_test.go:1: "utils" names a drawer: name what is inside`,
			},
		},
	}
}

func plantedCalls() map[string]planted {
	const clock = "package a\n\nimport wall \"time\"\n\nvar x = wall.Now()\n"
	const enum = "package bankadapters\n\ntype Outcome int\n\nconst (\n\tUnknown Outcome = iota\n\tNotSent\n\tRefused\n)\n\nconst other = 1\n"
	return map[string]planted{
		"the clock under another name": {
			"time and chance come in as arguments", map[string]string{"payout/a.go": clock},
			[]string{"payout/a.go:5: time.Now: take the time as an argument or a field Now func() time.Time"},
		},
		"the clock in cmd": {
			"time and chance come in as arguments", map[string]string{"cmd/ansinh/a.go": clock}, nil,
		},
		"sleep in a test": {
			"time and chance come in as arguments", map[string]string{"a/a_test.go": "package a\n\nimport \"time\"\n\nfunc f() { time.Sleep(time.Now().Sub(z)) }\n"},
			[]string{"a/a_test.go:5: time.Sleep: wait on a signal or a context"},
		},
		"unseeded chance": {
			"time and chance come in as arguments",
			map[string]string{"a/a.go": "package a\n\nimport \"math/rand/v2\"\n\nvar r = rand.New(rand.NewPCG(1, 2))\nvar x = rand.IntN(6)\n"},
			[]string{"a/a.go:6: rand.IntN draws from a seed nobody knows: take a *rand.Rand made from a seed"},
		},
		"a random id": {
			"time and chance come in as arguments", map[string]string{"a/a.go": "package a\n\nimport \"github.com/google/uuid\"\n\nvar x = uuid.New()\n"},
			[]string{"a/a.go:5: uuid.New: ids come in as arguments"},
		},
		"floats near money": {
			"no float near money", map[string]string{"ledger/a.go": "package ledger\n\nvar x float64 = 0.5\nvar y = decimal.NewFromFloat(x)\n"},
			[]string{
				"ledger/a.go:3: float64 near money: use money.Amount, or decimal for a rate",
				"ledger/a.go:3: 0.5 is a float near money: use integers, or decimal for a rate",
				"ledger/a.go:4: NewFromFloat leads an amount through a float",
			},
		},
		"floats far from money": {
			"no float near money", map[string]string{"timeliness/a.go": "package timeliness\n\nvar share float64\n"}, nil,
		},
		"a skipped test": {
			"no test is skipped", map[string]string{"a/a_test.go": "package a\n\nfunc TestA(t *testing.T) { t.Skip(\"no server\") }\n"},
			[]string{"a/a_test.go:3: t.Skip: a test that cannot run must fail and say what is missing"},
		},
		"a test that asserts nothing": {
			"every test can fail", map[string]string{"a/a_test.go": "package a\n\nfunc TestA(t *testing.T) {\n\tt.Parallel()\n\tt.Run(\"x\", func(t *testing.T) { _ = pay() })\n}\n"},
			[]string{"a/a_test.go:3: TestA cannot fail: say what must be and what must never be"},
		},
		"tests that fail by themselves, or by a helper": {
			"every test can fail", map[string]string{"a/a_test.go": "package a\n\nfunc TestA(t *testing.T) {\n\tif pay() != nil {\n\t\tt.Error(1)\n\t}\n}\n\nfunc TestB(t *testing.T) { check(t, pay()) }\n"},
			nil,
		},
		"a switch that leaves an outcome to the default": {
			"every outcome is handled", map[string]string{
				"bankadapters/bank.go": enum,
				"payout/a.go":          "package payout\n\nfunc f(o bankadapters.Outcome) {\n\tswitch o {\n\tcase bankadapters.Unknown:\n\tcase bankadapters.Refused:\n\tdefault:\n\t}\n}\n",
			},
			[]string{"payout/a.go:4: switch over bankadapters.Outcome leaves out NotSent"},
		},
		"a switch over all outcomes, at home": {
			"every outcome is handled", map[string]string{
				"bankadapters/bank.go": enum + "\nfunc f(o Outcome) {\n\tswitch o {\n\tcase Unknown, NotSent:\n\tcase Refused:\n\t}\n}\n",
			}, nil,
		},
	}
}

func plantedQueries() map[string]planted {
	const prepares = "package ledger_test\n\nfunc TestEveryQueryPrepares(t *testing.T) {}\n"
	query := func(text string) map[string]string {
		return map[string]string{"ledger/a.go": "package ledger\n\nconst sqlRead = `" + text + "`\n"}
	}
	return map[string]planted{
		"a star": {
			"SQL lists columns and reads no clock", query("\nSELECT l.*\n  FROM ledger.line l"),
			[]string{`ledger/a.go:3: sqlRead: "SELECT l.*": list the columns`},
		},
		"a returned star": {
			"SQL lists columns and reads no clock", query("UPDATE a SET b = 1 RETURNING *"),
			[]string{`ledger/a.go:3: sqlRead: "RETURNING *": list the columns`},
		},
		"the clock and chance": {
			"SQL lists columns and reads no clock", query("SELECT Now(), random(), current_date"),
			[]string{
				`ledger/a.go:3: sqlRead: "Now(": time, chance and ids come in as arguments`,
				`ledger/a.go:3: sqlRead: "current_date": time comes in as an argument`,
			},
		},
		"the clock in a migration": {
			"SQL lists columns and reads no clock", map[string]string{"ledger/migrations/00100_line.sql": "CREATE TABLE a (at timestamptz DEFAULT now());\n"},
			[]string{`ledger/migrations/00100_line.sql:1: "now(": time, chance and ids come in as arguments`},
		},
		"counting rows and a comment": {
			"SQL lists columns and reads no clock", query("SELECT count(*) -- not now()\n  FROM ledger.line"), nil,
		},
		"a query in the middle of a method": {
			"SQL stands in named constants", map[string]string{"ledger/a.go": "package ledger\n\nfunc f() { db.Query(\"SELECT id FROM ledger.line\") }\n"},
			[]string{"ledger/a.go:3: a query outside a constant named sql…: no test prepares it"},
		},
		"a query in its constant, and one in a test": {
			"SQL stands in named constants", map[string]string{
				"ledger/a.go":      "package ledger\n\nconst sqlRead = `\nSELECT id FROM ledger.line`\n",
				"ledger/a_test.go": "package ledger\n\nconst ask = `SELECT id FROM ledger.line`\n",
				"ledger/lock.go":   "package ledger\n\nconst lock = `SELECT pg_catalog.pg_advisory_lock($1)`\n",
			}, nil,
		},
		"migrations without number, reason, and with a number twice": {
			"migrations are numbered and say why", map[string]string{
				"a/migrations/line.sql": "-- x\n", "a/migrations/00010_a.sql": "SELECT 1;\n", "a/migrations/00010_b.sql": "-- Why.\n",
			},
			[]string{
				"a/migrations/00010_a.sql:1: begin with a comment that says why",
				"a/migrations/00010_b.sql:1: a/migrations/00010_a.sql has this number already",
				"a/migrations/line.sql:1: name it by five digits and its purpose: 00012_attach_partitions.sql",
			},
		},
		"queries that nobody prepares": {
			"every query is prepared by a test", query("SELECT id FROM ledger.line"),
			[]string{"ledger: 1 queries and no TestEveryQueryPrepares"},
		},
		"queries that a test prepares": {
			"every query is prepared by a test", map[string]string{
				"ledger/a.go": query("SELECT id FROM ledger.line")["ledger/a.go"], "ledger/queries_test.go": prepares,
			}, nil,
		},
	}
}

func plantedWords() map[string]planted {
	const module = "module ansinh\n\nrequire github.com/jackc/pgx/v5 v5.12.0 // indirect\n"
	return map[string]planted{
		"an unfinished mark": {
			"nothing is left unfinished", map[string]string{"docs/A.md": "Good.\n\nTO" + "DO later\n"},
			[]string{`docs/A.md:3: "TO` + `DO": finish it, or describe it where it can be found and planned`},
		},
		"a folder of one machine": {
			"no name of a machine", map[string]string{"Makefile": "x:\n\tcp /w" + "ork/main/x .\n"},
			[]string{`Makefile:2: "/w` + `ork/" is a name of one machine: the project runs on any`},
		},
		"a registry of one machine": {
			"no name of a machine", map[string]string{"a.go": "package a\n\nconst u = \"https://pro" + "xy.example\"\n"},
			[]string{`a.go:3: "https://pro` + `xy." is a name of one machine: the project runs on any`},
		},
		"links to a file, a folder, a heading and nothing": {
			"links in documents lead somewhere", map[string]string{
				"docs/A.md": "[a](../README.md) [b](../ledger) [c](#here) [d](https://example.org/x)\n[e](GONE.md#x)\n",
				"README.md": "x\n", "ledger/a.go": "package ledger\n",
			},
			[]string{"docs/A.md:2: link to GONE.md leads nowhere"},
		},
		"a command nobody explained, and two that are not there": {
			"commands in documents are those of the program", map[string]string{
				"cmd/ansinh/a.go": "package main\n\nvar all = []command{\n\t{name: \"list check\", short: \"x\"},\n\t{name: \"work\", short: \"x\"},\n}\n\n" +
					"var p = phase{name: \"plan\"}\n",
				"docs/OPERATING.md": "`ansinh work --workers 4` `ansinh COMMAND` `ansinh --help`\n",
				"docs/A.md":         "`ansinh work` `ansinh list`\n`ansinh restore`\n",
			},
			[]string{
				"cmd/ansinh/a.go:4: docs/OPERATING.md does not say what `ansinh list check` does",
				"docs/A.md:1: there is no command `ansinh list`",
				"docs/A.md:2: there is no command `ansinh restore`",
			},
		},
		"a file that is gone, and a function that stands elsewhere": {
			"names in documents are those of the code", map[string]string{
				"docs/A.md":           "`ledger/post.go` `Post()` `Voucher.Check()` `Gone()`\n\n`Free()` `ledger/gone.go` `Free()`\n`TestPost` `TestGone`\n",
				"ledger/post_test.go": "package ledger\n\nfunc TestPost(t *testing.T) {}\n",
				"ledger/post.go":      "package ledger\n\nfunc Post() {}\n\nfunc (v *Voucher) Check() {}\n",
				"ledger/verify.go":    "package ledger\n\nfunc Gone() {}\n",
			},
			[]string{"docs/A.md:1: ledger/post.go does not declare Gone()", "docs/A.md:3: there is no file ledger/gone.go", "docs/A.md:4: there is no test TestGone"},
		},
		"error codes that nobody explained, and one explained twice that nobody gives": {
			"every error code is in docs/ERRORS.md", map[string]string{
				"docs/ERRORS.md": "| `LIST-HEADER` | missing |\n| `LIST-GONE` | - |\n| `LIST-GONE` | - |\n",
				"registry/a.go": "package registry\n\nvar a = errs.New(errs.Invalid, \"LIST-HEADER\", \"x\")\nvar b = refuse(\"LIST-SUM\")\n" +
					"\nconst c errs.Code = \"LIST-ROW\"\n\nvar d = Cell{Code: \"LIST-AGE\"}\n\nvar code = map[string]int{\"LIST-FILE\": 1}\n\nconst format = \"UTF-8\"\n",
				"registry/a_test.go": "package registry\n\nconst planted = \"LIST-PLANTED\"\n",
			},
			[]string{
				"docs/ERRORS.md:3: LIST-GONE has a row already",
				"registry/a.go:4: error code LIST-SUM is not in docs/ERRORS.md",
				"registry/a.go:6: error code LIST-ROW is not in docs/ERRORS.md",
				"registry/a.go:8: error code LIST-AGE is not in docs/ERRORS.md",
				"registry/a.go:10: error code LIST-FILE is not in docs/ERRORS.md",
				"docs/ERRORS.md:3: no error of the program has the code LIST-GONE",
			},
		},
		"bad input without a row, without a code, and without its test": {
			"each bad input has its code and its test", map[string]string{
				"docs/ERRORS.md": "| `LIST-FILE-TEXT` | x |\n\n## Bad input\n\n" +
					"| text file named .xlsx | `LIST-FILE-TEXT` | `registry` `TestText` |\n" +
					"| password-protected workbook | `LIST-GONE` | `registry` `TestText` |\n" +
					"| header missing | `LIST-FILE-TEXT` | `registry` `TestHeader` `TestText` |\n" +
					"| negative amount | nothing | nowhere |\n",
				"registry/a_test.go": "package registry\n\nfunc TestText(t *testing.T) {}\n",
			},
			append([]string{
				"docs/ERRORS.md:6: LIST-GONE has no row of its own",
				"docs/ERRORS.md:7: registry has no TestHeader",
				"docs/ERRORS.md:8: name the code in backquotes and the test as `folder` `TestName`",
			}, badInputsMissing(badInputs[4:])...),
		},
		"a replaced module": {
			"go.mod replaces nothing", map[string]string{"go.mod": module + "\nreplace github.com/jackc/pgx/v5 => ../pgx\n"},
			[]string{"go.mod:5: a replacement builds something else than what is named"},
		},
		"a library that nobody decided on": {
			"every dependency is in docs/DECISIONS.md", map[string]string{
				"go.mod": module, "docs/DECISIONS.md": "`github.com/shopspring/decimal`\n",
				"ledger/a.go": "package ledger\n\nimport (\n\t\"github.com/jackc/pgx/v5/pgxpool\"\n\t_ \"github.com/shopspring/decimal\"\n)\n",
			},
			[]string{"ledger/a.go:4: github.com/jackc/pgx/v5 is not in docs/DECISIONS.md: say what we would lose without it"},
		},
		"a target nobody can read about": {
			"every make target has a help line", map[string]string{"Makefile": "DIR := x\n\nrun: ## run it\n\tgo run .\n\ndb/reset:\n\trm x\n"},
			[]string{"Makefile:6: target db/reset has no ## help"},
		},
	}
}

// TestReadLeavesOutputAlone keeps the rules from judging what a build left.
func TestReadLeavesOutputAlone(t *testing.T) {
	t.Parallel()
	repository := plant(t, map[string]string{"bin/a.go": "package", "a/testdata/b.go": "not Go", "c.go": "package c\n", "d.bin": "\x00"})
	var got []string
	for _, f := range repository.files {
		got = append(got, f.path)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"a/testdata/b.go", "c.go"}, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}
