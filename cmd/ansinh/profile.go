package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profiled measures one part of a long job into folder/NAME.cpu and NAME.heap,
// to be read with `go tool pprof`: who used the processor (engine and sandbox
// share the demo's process and are told apart by package), and what is kept. An
// empty folder measures nothing.
func profiled(folder, name string, do func() error) (err error) {
	if folder == "" {
		return do()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	cpu, err := os.Create(filepath.Join(folder, name+".cpu"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = do()
	pprof.StopCPUProfile()
	heap, errHeap := os.Create(filepath.Join(folder, name+".heap"))
	if errHeap != nil {
		return errors.Join(err, errHeap)
	}
	return errors.Join(err, pprof.WriteHeapProfile(heap), heap.Close())
}
