package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
)

const bodyMax = 1 << 20

// ServeHTTP answers as register and directory.
func (w *World) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	n, wait := w.count()
	switch {
	case w.config.Key != "" && r.Header.Get("Authorization") != "Bearer "+w.config.Key:
		http.Error(out, "unknown key", http.StatusUnauthorized)
		return
	case wait:
		out.Header().Set("Retry-After", "1")
		http.Error(out, "too many calls", http.StatusTooManyRequests)
		return
	case w.config.FailEvery > 0 && n%w.config.FailEvery == 0:
		http.Error(out, "down for a moment", http.StatusServiceUnavailable)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/population/search", w.searchPeople)
	mux.HandleFunc("GET /v1/population/{id}", w.onePerson)
	mux.HandleFunc("POST /v1/accounts/search", w.searchAccounts)
	mux.HandleFunc("GET /v1/accounts/{bin}/{number}", w.oneAccount)
	mux.HandleFunc("GET /v1/welfare/{id}", w.welfare)
	if w.config.CutEvery > 0 && n%w.config.CutEvery == 0 {
		out = &cutting{ResponseWriter: out}
	}
	mux.ServeHTTP(out, r)
}

// count numbers the call and says whether it comes too soon.
func (w *World) count() (n int, wait bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	if w.config.PerSecond > 0 {
		second := w.config.Now().Unix()
		if second != w.second {
			w.second, w.spent = second, 0
		}
		w.spent++
		wait = w.spent > w.config.PerSecond
	}
	return w.calls, wait
}

// cutting promises a whole body and breaks the connection in its middle.
type cutting struct{ http.ResponseWriter }

func (c *cutting) Write(b []byte) (int, error) {
	c.Header().Set("Content-Length", strconv.Itoa(len(b)))
	if _, err := c.ResponseWriter.Write(b[:len(b)/2]); err != nil {
		return 0, err
	}
	panic(http.ErrAbortHandler) // net/http: the way to break a connection
}

type personAnswer struct {
	ID      string `json:"id"`
	Found   bool   `json:"found"`
	Name    string `json:"name,omitempty"`
	Birth   string `json:"birth,omitempty"`
	Sex     string `json:"sex,omitempty"`
	Status  string `json:"status,omitempty"` // alive or dead
	DiedOn  string `json:"died_on,omitempty"`
	Commune string `json:"commune,omitempty"`
}

type accountAnswer struct {
	BIN    string `json:"bin"`
	Number string `json:"number"`
	Found  bool   `json:"found"`
	Holder string `json:"holder,omitempty"`
	State  string `json:"state,omitempty"` // open or closed
}

func (w *World) answerPerson(id string) personAnswer {
	w.mu.Lock()
	w.asked[id]++
	w.mu.Unlock()
	p, ok := w.people[id]
	if !ok || p.fate == Unknown {
		return personAnswer{ID: id}
	}
	a := personAnswer{ID: id, Found: true, Name: p.Name, Birth: p.Birth, Sex: p.Sex, Status: "alive", Commune: p.Commune}
	if p.fate == Dead {
		a.Status, a.DiedOn = "dead", p.diedOn
	}
	return a
}

func (w *World) answerAccount(bin, number string) accountAnswer {
	id := bin + "/" + number
	w.mu.Lock()
	w.asked[id]++
	w.mu.Unlock()
	found, ok := w.accounts[id]
	if !ok {
		return accountAnswer{BIN: bin, Number: number}
	}
	a := accountAnswer{BIN: bin, Number: number, Found: true, Holder: found.holder, State: "open"}
	if found.closed {
		a.State = "closed"
	}
	return a
}

func (w *World) searchPeople(out http.ResponseWriter, r *http.Request) {
	var in struct {
		IDs []string `json:"ids"`
	}
	if !w.read(out, r, &in, func() int { return len(in.IDs) }) {
		return
	}
	answers := []personAnswer{}
	for _, id := range in.IDs {
		answers = append(answers, w.answerPerson(id))
	}
	slices.Reverse(answers) // an answer need not come in the order of the question
	w.write(out, map[string]any{"version": w.config.Version, "people": answers})
}

func (w *World) onePerson(out http.ResponseWriter, r *http.Request) {
	w.write(out, map[string]any{"version": w.config.Version, "people": []personAnswer{w.answerPerson(r.PathValue("id"))}})
}

func (w *World) searchAccounts(out http.ResponseWriter, r *http.Request) {
	var in struct {
		Accounts []struct{ BIN, Number string } `json:"accounts"`
	}
	if !w.read(out, r, &in, func() int { return len(in.Accounts) }) {
		return
	}
	answers := []accountAnswer{}
	for _, a := range in.Accounts {
		answers = append(answers, w.answerAccount(a.BIN, a.Number))
	}
	slices.Reverse(answers)
	w.write(out, map[string]any{"version": w.config.Version, "accounts": answers})
}

func (w *World) oneAccount(out http.ResponseWriter, r *http.Request) {
	w.write(out, map[string]any{"version": w.config.Version,
		"accounts": []accountAnswer{w.answerAccount(r.PathValue("bin"), r.PathValue("number"))}})
}

// welfare answers which account a person named on VNeID for welfare.
func (w *World) welfare(out http.ResponseWriter, r *http.Request) {
	p, ok := w.people[r.PathValue("id")]
	answers := []accountAnswer{}
	if ok && p.fate != Unknown && p.Account != "" {
		answers = append(answers, w.answerAccount(p.BIN, p.Account))
	}
	w.write(out, map[string]any{"version": w.config.Version, "accounts": answers})
}

func (w *World) read(out http.ResponseWriter, r *http.Request, into any, count func() int) bool {
	text, err := io.ReadAll(io.LimitReader(r.Body, bodyMax))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err == nil && count() == 0 {
		err = errors.New("nothing is asked")
	}
	switch {
	case err != nil:
		http.Error(out, err.Error(), http.StatusBadRequest)
		return false
	case count() > w.config.BulkMax:
		http.Error(out, "at most "+strconv.Itoa(w.config.BulkMax)+" at once", http.StatusRequestEntityTooLarge)
		return false
	}
	return true
}

func (w *World) write(out http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(out, err.Error(), http.StatusInternalServerError)
		return
	}
	out.Header().Set("Content-Type", "application/json")
	out.Write(text) //nolint:errcheck // the caller is gone
}
