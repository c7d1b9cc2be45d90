package main

import (
	"context"
	"flag"
	"fmt"

	"ansinh/internal/assembly"
	"ansinh/web"
)

func storybookCommands() []command {
	return []command{{name: "storybook", short: "mọi trang của bàn làm việc với dữ liệu bịa / every page of the console with invented data, no database",
		example: "ansinh storybook --listen 127.0.0.1:8090", setup: setupStorybook}}
}

func setupStorybook(f *flag.FlagSet) run {
	listen := f.String("listen", "127.0.0.1:8090", "address to serve it at")
	return func(ctx context.Context, e *env, _ []string) error {
		handler, err := web.Storybook(assembly.Notice)
		if err != nil {
			return err
		}
		address, err := e.listenHTTP(handler, *listen)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s/\n", address)
		<-ctx.Done()
		return nil
	}
}
