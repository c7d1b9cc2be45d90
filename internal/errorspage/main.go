// Command errorspage writes the findings of lists into docs/ERRORS.md.
//
// # The rule
//
// The words people read stand once, in the code. A page kept by hand falls
// behind; this one is written, and a test fails when it is not current.
//
//	registry/findingtext.go ──> docs/ERRORS.md, between two marks
//
// # What it does not do
//
// It leaves the rest of the page alone: the other codes have their words where
// they are raised, and the house's own tests want a row for each.
package main

import (
	"fmt"
	"os"

	"ansinh/registry"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: errorspage docs/ERRORS.md")
		os.Exit(2)
	}
	if err := rewrite(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func rewrite(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	current, ok := registry.ErrorsPage(string(page))
	if !ok {
		return fmt.Errorf("%s lacks the marks between which the findings stand", path)
	}
	return os.WriteFile(path, []byte(current), 0o644)
}
