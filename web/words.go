package web

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed messages/*.txt
var messageFiles embed.FS

// languages of the console, the first is the default.
var languages = []string{"vi", "en"}

// words are the messages of one language by key. A text may hold {0}, {1} … for
// its arguments.
type words map[string]string

// readWords reads the files of each language, vi.txt and vi-records.txt:
// "key = text" a line, # begins a remark.
func readWords() (map[string]words, error) {
	all := map[string]words{}
	for _, lang := range languages {
		all[lang] = words{}
		names, err := fs.Glob(messageFiles, "messages/"+lang+"*.txt")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if err := all[lang].read(name); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (w words) read(name string) error {
	file, err := messageFiles.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, text, ok := strings.Cut(line, " = ")
		if _, twice := w[key]; !ok || text == "" || twice {
			return fmt.Errorf("web: %s:%d: want one \"key = text\" for each key, got %q", name, n, line)
		}
		w[key] = text
	}
	return lines.Err()
}

func (w words) has(key string) bool { _, ok := w[key]; return ok }

// or returns the message, or other where there is none.
func (w words) or(key, other string) string {
	if text, ok := w[key]; ok {
		return text
	}
	return other
}

// say returns the message with its arguments put in. A key without a message
// shows as itself, which a test does not let happen.
func (w words) say(key string, args ...any) string {
	text, ok := w[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	for i, a := range args {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return text
}
