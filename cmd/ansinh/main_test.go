package main

import (
	"flag"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsMayStandAnywhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args, words []string
		dir         string
	}{
		"before the word":           {[]string{"--dir", "d", "FILE"}, []string{"FILE"}, "d"},
		"after the word":            {[]string{"FILE", "--dir", "d"}, []string{"FILE"}, "d"},
		"behind -- all are words":   {[]string{"--dir", "d", "--", "-c", "--dir"}, []string{"-c", "--dir"}, "d"},
		"a word, then the two dash": {[]string{"FILE", "--", "-x"}, []string{"FILE", "-x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := flag.NewFlagSet("test", flag.ContinueOnError)
			f.SetOutput(io.Discard)
			dir := f.String("dir", "", "")
			words, err := parse(f, tt.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.words, words); diff != "" || *dir != tt.dir {
				t.Errorf("parse(%q): dir %q, want %q; words (-want +got):\n%s", tt.args, *dir, tt.dir, diff)
			}
		})
	}
}

func TestDemoEndsByItselfForScripts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options demoOptions
		begun   bool // with --no-serve
		want    bool
	}{
		"a person's run serves":                     {demoOptions{}, false, false},
		"no-serve ends":                             {demoOptions{noServe: true, saidServe: true}, false, true},
		"JSON ends":                                 {demoOptions{asJSON: true}, false, true},
		"JSON and told to serve":                    {demoOptions{asJSON: true, saidServe: true}, false, false},
		"resumed as it was begun":                   {demoOptions{resume: true}, true, true},
		"resumed and told to serve":                 {demoOptions{resume: true, saidServe: true}, true, false},
		"resumed, begun with the console, serves":   {demoOptions{resume: true}, false, false},
		"resumed with no-serve, begun with console": {demoOptions{resume: true, noServe: true, saidServe: true}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &demo{options: tt.options, state: &demoState{NoServe: tt.begun}}
			if got := d.endsAlone(); got != tt.want {
				t.Errorf("endsAlone() = %t, want %t", got, tt.want)
			}
		})
	}
}
