package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
)

// demoState is what a demo remembers beside database and banks: where it was,
// and what it invented. It never decides about money: every phase looks at the
// real thing before it acts.
type demoState struct {
	Seed     uint64         `json:"seed"`
	People   int            `json:"people"`
	NoServe  bool           `json:"no_serve,omitempty"` // begun to end by itself
	Done     []string       `json:"done"`
	Batch    ledger.BatchID `json:"batch"`
	Lists    []demoList     `json:"lists"`
	Count    int64          `json:"declared_count"`
	Total    money.Amount   `json:"declared_total"`
	Defects  int            `json:"defects"`
	Closed   calendar.Date  `json:"closed_day"` // the last day all banks closed and delivered
	Phases   []phaseTime    `json:"phases"`
	Workbook string         `json:"workbook"`
	used

	path string
}

// demoList is one commune's workbook.
type demoList struct {
	Unit string `json:"unit"`
	File string `json:"file"`
	Rows int    `json:"rows"`
}

// phaseTime is how long a part of the job took on this machine, and what each of
// its processes used of the processor.
type phaseTime struct {
	Name        string  `json:"name"`
	Seconds     float64 `json:"seconds"`
	EngineCPU   float64 `json:"engine_cpu_seconds"`
	SandboxCPU  float64 `json:"sandbox_cpu_seconds"`
	DatabaseCPU float64 `json:"database_cpu_seconds"`
}

// readState reads the state of a data folder; nil if it has none.
func readState(path string) (*demoState, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &demoState{path: path}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return s, nil
}

// save writes the state whole or not at all.
func (s *demoState) save() error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".part", text, 0o600); err != nil {
		return err
	}
	return os.Rename(s.path+".part", s.path)
}

// spent notes a part of the job: how long it took and what was used in it.
func (s *demoState) spent(name string, took time.Duration, u used) {
	s.add(u)
	i := slices.IndexFunc(s.Phases, func(p phaseTime) bool { return p.Name == name })
	if i < 0 {
		s.Phases = append(s.Phases, phaseTime{Name: name})
		i = len(s.Phases) - 1
	}
	p := &s.Phases[i]
	p.Seconds = milli(p.Seconds + took.Seconds())
	p.EngineCPU = milli(p.EngineCPU + u.EngineCPU)
	p.SandboxCPU = milli(p.SandboxCPU + u.SandboxCPU)
	p.DatabaseCPU = milli(p.DatabaseCPU + u.DatabaseCPU)
}

// milli keeps three digits behind the point.
func milli(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }
