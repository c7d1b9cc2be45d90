package web

import (
	"fmt"
	"strings"

	"ansinh/internal/money"
	"ansinh/web/records"
)

// moneyBar is how far the money of a batch is, as a picture and as text. The
// picture is in thousandths of the whole; what is there but smaller than a
// hair is drawn as a hair, or a doubt of one person would not be seen.
type moneyBar struct {
	Text   string
	Pieces []barPiece
}

type barPiece struct {
	Mark        mark
	Tone        string
	Count       int64
	Total       money.Amount
	From, Width int64
}

const (
	barWidth = 1000
	barHair  = 4
)

// drawBar draws stages in the words of a language.
func drawBar(w words, f formatter, stages []records.Stage) moneyBar {
	var whole money.Amount
	for _, s := range stages {
		whole += s.Total
	}
	var b moneyBar
	var texts []string
	at := int64(0)
	for _, s := range stages {
		m := mark{Word: w.say("stage." + s.Name), Tone: tones[s.Name][0], Shape: tones[s.Name][1]}
		p := barPiece{Mark: m, Tone: m.Tone, Count: s.Count, Total: s.Total, From: at}
		p.Width = max(barHair, int64(s.Total)*barWidth/max(1, int64(whole)))
		at += p.Width
		b.Pieces = append(b.Pieces, p)
		texts = append(texts, fmt.Sprintf("%s %s", f.count(s.Count), m.Word))
	}
	if n := len(b.Pieces); n > 0 { // roundings and hairs: the largest piece gives
		largest := 0
		for i, p := range b.Pieces {
			if p.Width > b.Pieces[largest].Width {
				largest = i
			}
		}
		b.Pieces[largest].Width += barWidth - at
		for i := largest + 1; i < n; i++ {
			b.Pieces[i].From += barWidth - at
		}
	}
	b.Text = strings.Join(texts, ", ")
	return b
}
