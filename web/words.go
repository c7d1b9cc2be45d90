package web

import (
	"bufio"
	"embed"
	"fmt"
	"strings"
)

//go:embed messages/*.txt
var messageFiles embed.FS

// languages of the console, the first is the default.
var languages = []string{"vi", "en"}

// words are the messages of one language by key. A text may hold {0}, {1} … for
// its arguments.
type words map[string]string

// readWords reads one file per language: "key = text" a line, # begins a remark.
func readWords() (map[string]words, error) {
	all := map[string]words{}
	for _, lang := range languages {
		file, err := messageFiles.Open("messages/" + lang + ".txt")
		if err != nil {
			return nil, err
		}
		all[lang] = words{}
		lines := bufio.NewScanner(file)
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			key, text, ok := strings.Cut(line, " = ")
			if _, twice := all[lang][key]; !ok || text == "" || twice {
				return nil, fmt.Errorf("web: messages/%s.txt:%d: want one \"key = text\" for each key, got %q", lang, n, line)
			}
			all[lang][key] = text
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (w words) has(key string) bool { _, ok := w[key]; return ok }

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
