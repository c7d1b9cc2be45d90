package assembly

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/payout"
	"ansinh/registry"
)

// setupFile is the file an operator writes, in TOML. Every key is checked: an
// unknown one is a slip of the pen, not a wish to be ignored.
type setupFile struct {
	Installation string        `toml:"installation"`
	Demo         bool          `toml:"demo"`
	Profiles     string        `toml:"profiles"`   // a JSON list, beside this file
	Programmes   []string      `toml:"programmes"` // JSON files beside this one, besides those that ship
	Books        []setupBook   `toml:"book"`
	Channels     []setupAccess `toml:"channel"`
}

type setupBook struct {
	Code       string   `toml:"code"`
	NameVI     string   `toml:"name_vi"`
	NameEN     string   `toml:"name_en"`
	ValidFrom  string   `toml:"valid_from"`
	Programmes []string `toml:"programmes"` // left out: all
	Units      []string `toml:"units"`      // left out: all communes
}

// setupAccess is one way money can go.
type setupAccess struct {
	Key      string         `toml:"key"` // of the profile
	Provider string         `toml:"provider"`
	Default  bool           `toml:"default"`
	Accounts []setupAccount `toml:"account"`
}

type setupAccount struct {
	Book   string `toml:"book"`
	Number string `toml:"number"`
	Name   string `toml:"name"`
}

// ReadSetup reads a setup file and those it names, and checks all of it: what
// cannot be right is one error of code SETUP-FILE that says where.
func ReadSetup(path string) (Setup, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Setup{}, fmt.Errorf("read setup file: %w", err)
	}
	var file setupFile
	meta, err := toml.Decode(string(text), &file)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		line, at, _ := strings.Cut(syntax.Error(), ": ")
		return Setup{}, wrongSetup(strings.TrimPrefix(line, "toml: "), at)
	case err != nil:
		return Setup{}, wrongSetup("", err.Error())
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Setup{}, wrongSetup(unknown[0].String(), "there is no such key")
	}
	b := setupBuilder{folder: filepath.Dir(path)}
	return b.build(file)
}

func wrongSetup(place, what string) error {
	return errs.Coded(errs.Invalid, "SETUP-FILE", fmt.Sprintf("Tệp cài đặt sai tại %[1]s: %[2]s. Sửa tệp rồi chạy lại; chưa có gì thay đổi. / "+
		"The setup file is wrong at %[1]s: %[2]s. Mend it and run again; nothing was changed.", place, what), nil)
}

// setupBuilder turns a file into a Setup and keeps the first thing wrong.
type setupBuilder struct {
	folder   string
	profiles []bankadapters.Profile
	setup    Setup
	paid     map[[2]string]string // book by programme and unit
	err      error
}

func (b *setupBuilder) wrong(place, format string, args ...any) {
	if b.err == nil {
		b.err = wrongSetup(place, fmt.Sprintf(format, args...))
	}
}

var (
	installationName = regexp.MustCompile(`^[A-Z0-9]{3}$`)
	bookCode         = regexp.MustCompile(`^[0-9]{7}$`)
	accountNumber    = regexp.MustCompile(`^[0-9A-Z]{6,30}$`)
	holderName       = regexp.MustCompile(`^[A-Z0-9][A-Z0-9 .,/()-]{1,69}$`)
)

func (b *setupBuilder) build(file setupFile) (Setup, error) {
	if !installationName.MatchString(file.Installation) {
		b.wrong("installation", "%q must be three characters A–Z or 0–9; they stand in every reference for ever", file.Installation)
	}
	b.setup.Installation, b.setup.Demo = file.Installation, file.Demo
	b.readProfiles(file)
	b.readSchemes(file)
	b.paid = map[[2]string]string{}
	if len(file.Books) == 0 {
		b.wrong("book", "there must be a book")
	}
	for i, book := range file.Books {
		b.addBook(fmt.Sprintf("book %d", i+1), book)
	}
	if len(file.Channels) == 0 {
		b.wrong("channel", "there must be a channel")
	}
	for i, ch := range file.Channels {
		b.addChannel(fmt.Sprintf("channel %d", i+1), i, ch)
	}
	b.checkChannels()
	return b.setup, b.err
}

// readProfiles takes the demo's profiles where the file names none, which only
// a demo may.
func (b *setupBuilder) readProfiles(file setupFile) {
	if file.Profiles == "" {
		b.profiles = bankadapters.DemoProfiles()
		if !file.Demo {
			b.wrong("profiles", "a real installation names the file of its banks' certified profiles")
		}
		return
	}
	text, err := os.ReadFile(b.beside(file.Profiles))
	if err == nil {
		b.profiles, err = bankadapters.ParseProfiles(text)
	}
	if err != nil {
		b.wrong("profiles", "%v", err)
	}
}

func (b *setupBuilder) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(b.folder, name)
}

func (b *setupBuilder) readSchemes(file setupFile) {
	var err error
	if b.setup.Schemes, err = payout.Schemes(); err != nil {
		b.wrong("programmes", "%v", err)
	}
	for _, name := range file.Programmes {
		text, err := os.ReadFile(b.beside(name))
		if err != nil {
			b.wrong("programmes", "%v", err)
			continue
		}
		var s payout.Scheme
		in := json.NewDecoder(bytes.NewReader(text))
		in.DisallowUnknownFields()
		if err := in.Decode(&s); err != nil {
			b.wrong("programmes", "%s: %v", name, err)
			continue
		}
		if _, err := in.Token(); !errors.Is(err, io.EOF) {
			b.wrong("programmes", "%s: more than one programme in the file", name)
		}
		if s.Programme.Code == "" || len(s.Rules) == 0 || b.scheme(s.Programme.Code) {
			b.wrong("programmes", "%s: a programme has a code of its own and at least one rule", name)
		}
		if err := s.Check(); err != nil {
			b.wrong("programmes", "%s: %v", name, err)
		}
		b.setup.Schemes = append(b.setup.Schemes, s)
	}
}

func (b *setupBuilder) scheme(code string) bool {
	return slices.ContainsFunc(b.setup.Schemes, func(s payout.Scheme) bool { return s.Programme.Code == code })
}

func (b *setupBuilder) addBook(place string, in setupBook) {
	from, err := calendar.ParseISO(in.ValidFrom)
	switch {
	case !bookCode.MatchString(in.Code):
		b.wrong(place, "code %q must be the 7 digits of a budget unit (mã ĐVQHNS)", in.Code)
	case slices.ContainsFunc(b.setup.Books, func(o Book) bool { return o.Code == in.Code }):
		b.wrong(place, "code %s stands twice", in.Code)
	case in.NameVI == "" || in.NameEN == "":
		b.wrong(place, "name_vi and name_en are needed")
	case err != nil:
		b.wrong(place, "valid_from %q must be a day as 2026-01-01", in.ValidFrom)
	}
	book := Book{Book: registry.Book{Code: in.Code, NameVI: in.NameVI, NameEN: in.NameEN, ValidFrom: from}, Programmes: in.Programmes}
	if in.Programmes == nil {
		for _, s := range b.setup.Schemes {
			book.Programmes = append(book.Programmes, s.Programme.Code)
		}
	}
	communes := registry.Communes()
	for _, u := range communes {
		if in.Units == nil || slices.Contains(in.Units, u.Code) {
			book.Units = append(book.Units, u.Key())
		}
	}
	for _, code := range in.Units {
		if !slices.ContainsFunc(communes, func(u registry.Unit) bool { return u.Code == code }) {
			b.wrong(place, "there is no commune %q", code)
		}
	}
	for _, programme := range book.Programmes {
		if !b.scheme(programme) {
			b.wrong(place, "there is no programme %q", programme)
		}
		for _, u := range book.Units {
			pair := [2]string{programme, u.Code}
			if other := b.paid[pair]; other != "" {
				b.wrong(place, "%s in commune %s is paid by book %s already", programme, u.Code, other)
			}
			b.paid[pair] = book.Code
		}
	}
	b.setup.Books = append(b.setup.Books, book)
}

func (b *setupBuilder) addChannel(place string, i int, in setupAccess) {
	at := slices.IndexFunc(b.profiles, func(p bankadapters.Profile) bool { return string(p.Key) == in.Key })
	if at < 0 {
		b.wrong(place, "the profiles have no %q", in.Key)
		return
	}
	p := b.profiles[at]
	ch := Channel{Channel: payout.Channel{Key: p.Key, Ordinal: int16(i + 1), Kind: "bank", NameVI: p.NameVI, BIN: p.BIN,
		Provider: in.Provider, Default: in.Default, Profile: p}}
	if p.BIN == "" {
		ch.Kind = "provider"
	}
	switch {
	case slices.ContainsFunc(b.setup.Channels, func(o Channel) bool { return o.Key == p.Key }):
		b.wrong(place, "%s stands twice", p.Key)
	case ch.Kind == "bank" && !bankExists(p.BIN, b.setup.Demo):
		b.wrong(place, "profile %s names BIN %s, which no bank has here", p.Key, p.BIN)
	case ch.Kind == "bank" && slices.ContainsFunc(b.setup.Channels, func(o Channel) bool { return o.BIN == p.BIN }):
		b.wrong(place, "BIN %s has a channel already", p.BIN)
	case (ch.Kind == "provider") != (in.Provider == "BHXH" || in.Provider == "XA"):
		b.wrong(place, `%s: provider is "BHXH" (social insurance) or "XA" (the communes' cash) where the profile has no BIN, and left out at a bank`, p.Key)
	case in.Default && ch.Kind != "bank":
		b.wrong(place, "%s: only a bank can take the accounts of all others", p.Key)
	}
	for j, a := range in.Accounts {
		b.addAccount(fmt.Sprintf("%s, account %d", place, j+1), &ch, a)
	}
	for _, book := range b.setup.Books {
		if !slices.ContainsFunc(ch.Accounts, func(a Account) bool { return a.Book == book.Code }) {
			b.wrong(place, "book %s has no account at %s", book.Code, p.Key)
		}
	}
	b.setup.Channels = append(b.setup.Channels, ch)
}

// bankExists asks the list of banks; an invented one exists in a demo only.
func bankExists(bin string, demo bool) bool {
	banks, certain := registry.FindBank(bin)
	return certain && (demo || !banks[0].Demo)
}

func (b *setupBuilder) addAccount(place string, ch *Channel, in setupAccount) {
	switch {
	case !slices.ContainsFunc(b.setup.Books, func(o Book) bool { return o.Code == in.Book }):
		b.wrong(place, "there is no book %q", in.Book)
	case slices.ContainsFunc(ch.Accounts, func(a Account) bool { return a.Book == in.Book || a.Number == in.Number && in.Number != "" }):
		b.wrong(place, "book or number stands twice: each book pays from one account of its own")
	case !accountNumber.MatchString(in.Number) && (ch.Kind == "bank" || in.Number != ""):
		b.wrong(place, "number must be 6 to 30 characters 0–9 or A–Z")
	case !holderName.MatchString(in.Name):
		b.wrong(place, "name %q must be the holder in capitals without marks, as the bank writes it", in.Name)
	}
	ch.Accounts = append(ch.Accounts, Account{Book: in.Book, Number: in.Number, Name: in.Name})
}

// checkChannels asks for exactly one way for every form of payment.
func (b *setupBuilder) checkChannels() {
	defaults, providers := 0, map[string]int{}
	for _, ch := range b.setup.Channels {
		if ch.Default {
			defaults++
		}
		if ch.Provider != "" {
			providers[ch.Provider]++
		}
	}
	switch {
	case defaults != 1:
		b.wrong("channel", "%d banks are marked default; one takes the accounts of banks without a channel", defaults)
	case providers["XA"] != 1:
		b.wrong("channel", "%d channels pay the communes' cash (provider XA); cash stands behind every account, so there is exactly one", providers["XA"])
	case providers["BHXH"] > 1:
		b.wrong("channel", "%d channels pay through social insurance", providers["BHXH"])
	}
}
