package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"ansinh/bankadapters/sandbox"
)

// demoBanks are the demo's banks: `ansinh sandbox --demo`, a process of its own,
// so that what the engine needs is measured without them. They end when this
// process does, however it ends: the pipe on their standard input closes then.
type demoBanks struct {
	*controls
	process *exec.Cmd
	alive   io.Closer // open as long as the banks shall run
	ended   chan error
}

// startBanks starts the banks on the data folder and opens the accounts.
func (d *demo) startBanks(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b := &demoBanks{ended: make(chan error, 1)}
	b.process = exec.Command(self, "sandbox", "--dir", d.e.folder(), "--seed", strconv.FormatUint(d.state.Seed, 10),
		"--demo", strconv.Itoa(d.state.People), "--profile", d.options.profile)
	b.process.Stderr = d.e.stderr
	// A group of its own: Ctrl-C is for the demo, which lets its rounds finish first.
	b.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := b.process.StdinPipe()
	if err != nil {
		return err
	}
	says, err := b.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.process.Start(); err != nil {
		return fmt.Errorf("start the sandbox banks: %w", err)
	}
	b.alive = alive
	ready := make(chan bool, 1)
	go func() {
		ready <- saysControl(says)
		_, _ = io.Copy(io.Discard, says)
		b.ended <- b.process.Wait()
	}()
	d.e.atEnd(b.stop)
	d.banks, d.meter.sandbox = b, b.process.Process.Pid
	if !<-ready {
		return errors.New("the sandbox banks ended before they listened")
	}
	if b.controls, err = d.e.controls(); err != nil {
		return err
	}
	for _, a := range d.installation.Accounts() {
		if a.Bank {
			if err := b.openAccount(ctx, sandbox.Account{Bank: string(a.Channel), Number: a.Account, Name: a.Name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// saysControl reads until the banks have said where their control listens, which
// they say last; no if they end before.
func saysControl(says io.Reader) bool {
	for lines := bufio.NewScanner(says); lines.Scan(); {
		if strings.Contains(lines.Text(), controlSaid) {
			return true
		}
	}
	return false
}

// stop lets the banks close their books and waits until they have.
func (b *demoBanks) stop() error {
	_ = b.alive.Close() // closed already if they ended by themselves
	if err := <-b.ended; err != nil {
		return fmt.Errorf("sandbox banks: %w", err)
	}
	return nil
}
