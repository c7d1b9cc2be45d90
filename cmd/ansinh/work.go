package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ansinh/internal/assembly"
)

func workCommands() []command {
	return []command{
		{name: "serve", short: "nhận tệp của ngân hàng và chạy các bước / take files of banks over HTTP, and work; the console comes in a later release",
			example: "ansinh serve --dir ./ansinh-demo --listen 127.0.0.1:8080", setup: setupServe},
		{name: "work", short: "chạy các bước / work the dispatch and the posting; several may run at once",
			example: "ansinh work --dir ./ansinh-demo --workers 4", setup: setupWork},
	}
}

// workFlags are what serve and work share.
type workFlags struct {
	workers int
	every   time.Duration
}

func (w *workFlags) declare(f *flag.FlagSet) {
	f.IntVar(&w.workers, "workers", 4, "rounds worked at once in this process")
	f.DurationVar(&w.every, "every", time.Second, "how often a round is asked for at each channel")
}

// start runs River until the command ends.
func (w *workFlags) start(e *env, works *assembly.Works, log *slog.Logger) error {
	if len(works.Keys()) == 0 {
		return errors.New("there is no line to any channel: is the sandbox or the line configuration of this data folder missing?")
	}
	client, err := newRiver(works, w.workers, w.every, nil, log)
	if err != nil {
		return err
	}
	// Not the command's context: that one ends first, and rounds under way finish.
	if err := client.Start(context.WithoutCancel(context.Background())); err != nil {
		return err
	}
	e.atEnd(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), roundTimeout)
		defer cancel()
		return client.Stop(ctx)
	})
	return nil
}

func setupWork(f *flag.FlagSet) run {
	var w workFlags
	w.declare(f)
	return func(ctx context.Context, e *env, _ []string) error {
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		if err := w.start(e, works, e.logger()); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "working as %s at %v\n", works.Engine.Journal.Name(), works.Keys())
		<-ctx.Done()
		return nil
	}
}

func setupServe(f *flag.FlagSet) run {
	var w workFlags
	w.declare(f)
	listen := f.String("listen", "127.0.0.1:8080", "address of the API")
	return func(ctx context.Context, e *env, _ []string) error {
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		address, err := e.listenAPI(works, *listen)
		if err != nil {
			return err
		}
		if err := w.start(e, works, e.logger()); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "POST %s/api/v1/settlements (docs/BANKS.md §11). The console comes in a later release.\n", address)
		<-ctx.Done()
		return nil
	}
}

// logger writes what a worker meets as JSON lines, faults only.
func (e *env) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// listenAPI serves the API on address until the command ends and returns its URL.
func (e *env) listenAPI(works *assembly.Works, address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: works.API(), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	e.atEnd(func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("serve the API: %w", served))
		}
		return err
	})
	return "http://" + listener.Addr().String(), nil
}
