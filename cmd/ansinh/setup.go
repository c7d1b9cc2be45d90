package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/internal/crypt"
	"ansinh/payout"
	"ansinh/registry"
)

//go:embed data/setup-sample.toml
var setupSample string

func setupCommands() []command {
	return []command{
		{name: "setup", args: "FILE", short: "cài đặt theo tệp / make a database an installation, or add to it, as a setup file says",
			example: "ansinh setup --dir /var/lib/ansinh/data setup.toml --check", setup: setupSetup},
		{name: "setup sample", short: "tệp cài đặt mẫu / print a setup file to begin from", example: "ansinh setup sample > setup.toml", setup: setupSetupSample},
		{name: "unit list", short: "các xã, phường / the communes", example: "ansinh unit list --json", setup: setupUnitList},
		{name: "book list", short: "các đơn vị dự toán / the books and what they pay", example: "ansinh book list", setup: setupBookList},
		{name: "channel list", short: "các kênh chi, và kênh nào có đường truyền / the channels, and which have a line", example: "ansinh channel list", setup: setupChannelList},
		{name: "channel key", args: "FILE", short: "tạo khóa chung với một ngân hàng / make the key shared with one bank or provider",
			example: "ansinh channel key keys/VCB.hex", setup: setupChannelKey},
	}
}

func setupSetup(f *flag.FlagSet) run {
	check := f.Bool("check", false, "read and check the file, change nothing")
	by := f.String("by", operator(), "who sets up, for the record")
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) != 1 {
			return usagef("one FILE is needed; ansinh setup sample prints one")
		}
		s, err := assembly.ReadSetup(args[0])
		if err != nil {
			return err
		}
		if *check {
			fmt.Fprintf(e.stdout, "đúng / right: %s, %d books, %d channels, %d programmes\n", s.Installation, len(s.Books), len(s.Channels), len(s.Schemes))
			return nil
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		// Keys first, and only for a database that is still empty: a second ring
		// would find nobody again, and whoever is not found is listed anew.
		made := false
		switch _, err := payout.ReadOrigin(ctx, db); {
		case errors.Is(err, pgx.ErrNoRows):
			made, err = e.makeKeys()
			if err != nil {
				return err
			}
		case err != nil:
			return err
		}
		if _, err := e.keys(); err != nil {
			return err
		}
		if err := s.Apply(ctx, db, *by, e.now()()); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "cơ sở %[1]s đã cài đặt / installation %[1]s is set up\n", s.Installation)
		if made {
			fmt.Fprintf(e.stdout, "khóa dữ liệu mới / new keys: %s. Chép sang nơi khác ngay: mất khóa là mất dữ liệu. / "+
				"Copy them elsewhere now: without them the data is lost.\n", e.keysPath())
		}
		return nil
	}
}

// makeKeys makes the ring of a new installation. One that is there stays.
func (e *env) makeKeys() (bool, error) {
	_, err := e.keys()
	if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	keys, err := crypt.GenerateKeys(rand.Reader)
	if err != nil {
		return false, err
	}
	return true, keys.Save(e.keysPath())
}

func setupSetupSample(*flag.FlagSet) run {
	return func(_ context.Context, e *env, _ []string) error {
		fmt.Fprint(e.stdout, setupSample)
		return nil
	}
}

func setupUnitList(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(_ context.Context, e *env, _ []string) error {
		type unit struct {
			Code      string `json:"code"`
			ValidFrom string `json:"valid_from"`
			NameVI    string `json:"name_vi"`
			NameEN    string `json:"name_en"`
		}
		var list []unit
		for _, u := range registry.Communes() {
			list = append(list, unit{u.Code, u.ValidFrom.String(), u.NameVI, u.NameEN})
		}
		if *asJSON {
			return e.printJSON(list)
		}
		table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		for _, u := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\n", u.Code, u.NameVI, u.NameEN)
		}
		return table.Flush()
	}
}

func setupBookList(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		books, err := registry.PayingBooks(ctx, db)
		if err != nil {
			return err
		}
		type book struct {
			Code      string `json:"code"`
			NameVI    string `json:"name_vi"`
			Programme string `json:"programme"`
			Units     int    `json:"units"`
		}
		list := []book{}
		for _, b := range books {
			list = append(list, book(b))
		}
		if *asJSON {
			return e.printJSON(list)
		}
		table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "book\tname\tprogramme\tcommunes")
		for _, b := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\n", b.Code, b.NameVI, b.Programme, b.Units)
		}
		return table.Flush()
	}
}

func setupChannelList(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		channels, err := payout.Channels(ctx, db)
		if err != nil {
			return err
		}
		ends, err := e.endpoints()
		if err != nil {
			return err
		}
		type channel struct {
			Key     bankadapters.Key  `json:"key"`
			NameVI  string            `json:"name_vi"`
			Kind    string            `json:"kind"`
			BIN     string            `json:"bin,omitempty"`
			Rail    bankadapters.Rail `json:"rail"`
			Default bool              `json:"default"`
			Line    string            `json:"line"` // where it is reached; "" = nowhere
		}
		list := []channel{}
		for _, ch := range channels {
			list = append(list, channel{ch.Key, ch.NameVI, ch.Kind, ch.BIN, ch.Profile.Rail, ch.Default, ends[ch.Key].URL})
		}
		if *asJSON {
			return e.printJSON(list)
		}
		table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "key\tname\tkind\tBIN\trail\tdefault\tline")
		for _, c := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%t\t%s\n", c.Key, c.NameVI, c.Kind, c.BIN, c.Rail, c.Default, c.Line)
		}
		return table.Flush()
	}
}

func setupChannelKey(*flag.FlagSet) run {
	return func(_ context.Context, e *env, args []string) error {
		if len(args) != 1 {
			return usagef("one FILE to write is needed")
		}
		key := make([]byte, crypt.KeySize)
		if _, err := rand.Read(key); err != nil {
			return err
		}
		file, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err // an existing key is in use somewhere: it is never written over
		}
		_, err = fmt.Fprintf(file, "%s\n", hex.EncodeToString(key))
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s\nĐưa cho ngân hàng qua đường riêng; ghi key_file trong lines.toml. / Hand it to the bank by a way of its own; name it as key_file in lines.toml.\n", args[0])
		return nil
	}
}
