package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ansinh/registry"
	"ansinh/registry/annotate"
)

// listCopies writes the annotated copies of checked lists.
type listCopies struct {
	out  string // file, or folder if many come; "" = beside the list
	none bool
	many bool
	demo bool
	now  time.Time
}

// write writes the copy of a file and returns its path, or "" where there is
// none: copies are switched off, or the file could not be opened at all.
func (c listCopies) write(path, password string, reports []registry.CheckReport) (string, error) {
	if c.none || len(reports) == 0 || unopened(reports[0]) {
		return "", nil
	}
	target, err := c.target(path)
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	// Beside the target and renamed: the copy of a copy takes its place whole or not.
	made, err := os.CreateTemp(filepath.Dir(target), ".ansinh-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(made.Name())
	err = annotate.Write(made, annotate.Input{Name: filepath.Base(path), Content: file, Size: info.Size(), Password: password, Reports: reports,
		Demo: c.demo, At: c.now})
	if err := errors.Join(err, made.Close()); err != nil {
		return "", err
	}
	return target, os.Rename(made.Name(), target)
}

// unopened holds for a file that is no list in any format we read.
func unopened(r registry.CheckReport) bool {
	return r.Sheet == "" && len(r.Findings) == 1 && strings.HasPrefix(string(r.Findings[0].Code), "LIST-FILE-")
}

// target names the copy. A copy that is there already may hold an officer's
// corrections and is never written over, unless it is the file that was checked.
func (c listCopies) target(path string) (string, error) {
	name := annotate.CopyName(path)
	switch {
	case c.out != "" && c.many:
		if err := os.MkdirAll(c.out, 0o755); err != nil {
			return "", err
		}
		name = filepath.Join(c.out, filepath.Base(name))
	case c.out != "":
		return c.out, nil
	case name == path:
		return path, nil
	}
	ext := filepath.Ext(name)
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(annotate.CopyName(path), ext), n, ext)
		if c.out != "" && c.many {
			name = filepath.Join(c.out, filepath.Base(name))
		}
	}
}
