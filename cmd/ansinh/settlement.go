package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/reconciliation"
	"ansinh/web/api"
)

func settlementCommands() []command {
	return []command{
		{name: "settlement post", args: "FILE", short: "gửi tệp đối soát của ngân hàng / post a bank's file over HTTP, signed with the bank's key",
			example: "ansinh settlement post --dir ./ansinh-demo --bank B statement.xml", setup: setupPost("bank", "")},
		{name: "settlement inspect", args: "FILE", short: "đọc một tệp đối soát / show what a settlement file says; needs no database",
			example: "ansinh settlement inspect statement.xml --json", setup: setupInspect},
		{name: "withdrawals post", args: "FILE", short: "gửi tệp rút tiền / post a withdrawal file",
			example: "ansinh withdrawals post --dir ./ansinh-demo --bank A withdrawals.csv", setup: setupPost("bank", bankadapters.KindWithdrawals)},
		{name: "provider post", args: "FILE", short: "gửi kết quả của tổ chức chi trả / post a provider's result",
			example: "ansinh provider post --dir ./ansinh-demo --provider P1 result.csv", setup: setupPost("provider", bankadapters.KindProviderResult)},
	}
}

// kindOf tells a settlement file by its first bytes.
func kindOf(content []byte) (bankadapters.Kind, error) {
	head := content[:min(len(content), 4096)]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return bankadapters.KindSheetResult, nil
	case bytes.HasPrefix(head, []byte("H,1,")):
		return bankadapters.KindProviderResult, nil
	}
	for _, kind := range []bankadapters.Kind{bankadapters.KindStatement, bankadapters.KindNotification, bankadapters.KindStatusReport} {
		if bytes.Contains(head, []byte(kind)) {
			return kind, nil
		}
	}
	return "", errs.Coded(errs.Invalid, "CLI-KIND", "Không nhận ra loại tệp: nêu --kind (docs/BANKS.md mục 5). / The kind of file is not clear: name it with --kind (docs/BANKS.md §5).", nil)
}

func setupInspect(f *flag.FlagSet) run {
	kind := f.String("kind", "", "camt.053, camt.054 or pain.002; told by the content when empty")
	f.Bool("json", true, "always JSON")
	return func(_ context.Context, e *env, args []string) error {
		if len(args) > 1 && strings.HasPrefix(args[1], "-") {
			args = args[:1] // FILE --json, as docs show it
		}
		path, err := oneFile(args)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		which := bankadapters.Kind(*kind)
		if which == "" {
			if which, err = kindOf(content); err != nil {
				return err
			}
		}
		got, err := reconciliation.Inspect(which, bytes.NewReader(content))
		if err != nil {
			return err
		}
		return e.printJSON(got)
	}
}

// setupPost posts a file as its bank would. Without --url an API is opened for
// this one file, on a real socket, and what the file proves is posted at once.
func setupPost(who string, fixed bankadapters.Kind) func(*flag.FlagSet) run {
	return func(f *flag.FlagSet) run {
		from := f.String(who, "", "id of the "+who)
		address := f.String("url", "", "`address` of a running \"ansinh serve\"; without it one is opened for this file")
		kind := f.String("kind", string(fixed), "kind of the file (docs/BANKS.md §5); told by the content when empty")
		return func(ctx context.Context, e *env, args []string) error {
			path, err := oneFile(args)
			if err != nil {
				return err
			}
			if *from == "" {
				return usagef("--%s is needed", who)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			p := posting{key: bankadapters.Key(*from), kind: bankadapters.Kind(*kind), name: filepath.Base(path), content: content}
			if p.kind == "" {
				if p.kind, err = kindOf(content); err != nil {
					return err
				}
			}
			return e.post(ctx, p, *address)
		}
	}
}

// posting is a file on its way from a bank.
type posting struct {
	key     bankadapters.Key
	kind    bankadapters.Kind
	name    string
	content []byte
}

func (e *env) post(ctx context.Context, p posting, address string) error {
	ends, err := e.endpoints()
	if err != nil {
		return err
	}
	end, ok := ends[p.key]
	if !ok {
		return errs.New(errs.NotFound, fmt.Sprintf("Không có khóa của %q trong thư mục dữ liệu. / The data folder holds no key of %q.", p.key, p.key), nil)
	}
	var works *assembly.Works
	if address == "" {
		if works, err = e.works(ctx); err != nil {
			return err
		}
		if address, err = e.listenHTTP(works.API(), "127.0.0.1:0"); err != nil {
			return err
		}
	}
	status, body, err := e.deliver(ctx, p, end, address)
	if err != nil {
		return err
	}
	if status >= 300 {
		return refusedFile(status, body)
	}
	fmt.Fprintln(e.stdout, string(body))
	if works == nil || p.kind == bankadapters.KindWithdrawals {
		return nil
	}
	did, err := works.Reconciler.Drain(ctx, p.key, 10_000)
	if err == nil {
		fmt.Fprintf(e.stderr, "%d dòng đã đối soát / lines reconciled\n", did)
	}
	return err
}

// deliver sends the file once, signed with the bank's key.
func (e *env) deliver(ctx context.Context, p posting, end assembly.Endpoint, address string) (int, []byte, error) {
	const path = "/api/v1/settlements"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+path, bytes.NewReader(p.content))
	if err != nil {
		return 0, nil, err
	}
	nonce, err := crypt.NewNonce(rand.Reader)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set(api.HeaderKind, string(p.kind))
	r.Header.Set(api.HeaderFile, p.name)
	crypt.SetSignature(r.Header, end.KeyID, end.Key, crypt.Request{Method: http.MethodPost, Path: path, Time: e.now()(), Nonce: nonce, Body: crypt.HashBody(p.content)})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, body, err
}

// refusedFile turns the API's answer back into words.
func refusedFile(status int, body []byte) error {
	var no struct {
		Code, VI, EN string
		Line         int
	}
	if err := json.Unmarshal(body, &no); err != nil || no.VI == "" {
		return fmt.Errorf("the API answered %d: %s", status, body)
	}
	place := ""
	if no.Line > 0 && !strings.Contains(no.EN, fmt.Sprintf("line %d", no.Line)) {
		place = fmt.Sprintf("[%d] ", no.Line)
	}
	return errs.Coded(errs.Invalid, no.Code, place+no.VI+" / "+no.EN, nil)
}
