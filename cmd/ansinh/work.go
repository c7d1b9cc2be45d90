package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ansinh/internal/assembly"
	"ansinh/registry"
	"ansinh/web"
)

func workCommands() []command {
	return []command{
		{name: "serve", short: "bàn làm việc, nhận tệp của ngân hàng, chạy các bước / the console, the API for banks, and the work",
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
	listen := f.String("listen", "127.0.0.1:8080", "address of the console and the API; put HTTPS in front of any other than this machine's")
	secure := f.Bool("secure", false, "cookies for HTTPS only: for an installation with HTTPS in front")
	return func(ctx context.Context, e *env, _ []string) error {
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		if err := e.runClock(ctx); err != nil {
			return err
		}
		console, err := e.console(ctx, works, *secure)
		if err != nil {
			return err
		}
		address, err := e.listenHTTP(console, *listen)
		if err != nil {
			return err
		}
		if err := w.start(e, works, e.logger()); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s/ the console; POST %s/api/v1/settlements for banks (docs/BANKS.md §11)\n", address, address)
		<-ctx.Done()
		return nil
	}
}

// console makes the pages, with the API below /api/.
func (e *env) console(ctx context.Context, works *assembly.Works, secure bool) (http.Handler, error) {
	demo, err := registry.IsDemo(ctx, works.DB)
	if err != nil {
		return nil, err
	}
	keys, err := e.keys()
	if err != nil {
		return nil, err
	}
	c := web.Config{DB: works.DB, Keys: keys, Now: e.now(), Random: rand.Reader, Lines: works.Keys(), Secure: secure, API: works.API(), Log: e.logger()}
	if demo {
		c.Notice = assembly.Notice
	}
	return web.New(c)
}

// logger writes what a worker meets as JSON lines, faults only.
func (e *env) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// listenHTTP serves on address until the command ends and returns its URL.
func (e *env) listenHTTP(handler http.Handler, address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	e.atEnd(func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("serve %s: %w", address, served))
		}
		return err
	})
	return "http://" + listener.Addr().String(), nil
}
