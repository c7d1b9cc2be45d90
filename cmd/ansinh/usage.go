package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// used is what the processes of a demo used: processor time, in this data folder so
// far, and the largest resident size either ever had. PostgreSQL's is counted when
// it is the folder's own server; its memory is mostly shared and not counted.
type used struct {
	EngineCPU     float64 `json:"engine_cpu_seconds"`
	SandboxCPU    float64 `json:"sandbox_cpu_seconds"`
	DatabaseCPU   float64 `json:"database_cpu_seconds"`
	EnginePeakMB  int64   `json:"engine_peak_rss_mb"`
	SandboxPeakMB int64   `json:"sandbox_peak_rss_mb"`
}

// add adds what was used since; a peak stays the largest.
func (u *used) add(since used) {
	u.EngineCPU = milli(u.EngineCPU + since.EngineCPU)
	u.SandboxCPU = milli(u.SandboxCPU + since.SandboxCPU)
	u.DatabaseCPU = milli(u.DatabaseCPU + since.DatabaseCPU)
	u.EnginePeakMB = max(u.EnginePeakMB, since.EnginePeakMB)
	u.SandboxPeakMB = max(u.SandboxPeakMB, since.SandboxPeakMB)
}

// meter reads what was used since it was read last. Where the machine does not tell
// (no /proc), it counts nothing.
type meter struct {
	sandbox, database int // process ids; 0: none

	last used // what it showed last
}

func (m *meter) read() used {
	now := used{EngineCPU: ownCPU().Seconds(), EnginePeakMB: peakMB(os.Getpid())}
	if m.sandbox > 0 {
		now.SandboxCPU, now.SandboxPeakMB = (processTimes(m.sandbox).own).Seconds(), peakMB(m.sandbox)
	}
	if m.database > 0 {
		now.DatabaseCPU = treeCPU(m.database).Seconds()
	}
	since := used{EngineCPU: now.EngineCPU - m.last.EngineCPU, EnginePeakMB: now.EnginePeakMB, SandboxPeakMB: now.SandboxPeakMB,
		SandboxCPU: max(0, now.SandboxCPU-m.last.SandboxCPU), DatabaseCPU: max(0, now.DatabaseCPU-m.last.DatabaseCPU)}
	m.last = now
	return since
}

// ownCPU is what this process used, its children not.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// treeCPU is what a process, its living children and those it outlived used: a
// PostgreSQL with all its backends.
func treeCPU(pid int) time.Duration {
	parent := processTimes(pid)
	sum := parent.own + parent.gone
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return sum
	}
	for _, path := range stats {
		if t := readTimes(path); t.parent == pid {
			sum += t.own
		}
	}
	return sum
}

// times is what /proc/PID/stat tells about a process.
type times struct {
	parent    int
	own, gone time.Duration // by itself, by children that ended
}

// clockTick is the unit of /proc/PID/stat, 1/100 s wherever Linux runs.
const clockTick = 10 * time.Millisecond

func processTimes(pid int) times { return readTimes(fmt.Sprintf("/proc/%d/stat", pid)) }

func readTimes(path string) times {
	text, err := os.ReadFile(path)
	if err != nil {
		return times{}
	}
	// pid (name) state ppid …; the name may itself hold parentheses.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return times{}
	}
	at := func(i int) time.Duration {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0
		}
		return time.Duration(n) * clockTick
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return times{}
	}
	return times{parent: parent, own: at(11) + at(12), gone: at(13) + at(14)}
}

// peakMB is the largest resident size a living process ever had.
func peakMB(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, found := strings.Cut(string(text), "VmHWM:")
	if !found {
		return 0
	}
	kB, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		return 0
	}
	return kB / 1024
}
