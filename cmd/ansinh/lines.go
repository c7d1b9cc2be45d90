package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
)

// How each channel is reached, and with which shared key. It is never in the
// database, so that no backup of the database can pay.

// endpoints reads the lines file, or where the folder's sandbox listens. With
// neither there are none.
func (e *env) endpoints() (map[bankadapters.Key]assembly.Endpoint, error) {
	path := os.Getenv(envLines)
	if path == "" {
		path = e.path("lines.toml")
	}
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		return readLines(path, string(text))
	case errors.Is(err, fs.ErrNotExist) && os.Getenv(envLines) == "":
		return e.sandboxEndpoints()
	default:
		return nil, err
	}
}

// channelLine is one table of the lines file.
type channelLine struct {
	URL     string `toml:"url"`
	KeyID   string `toml:"key_id"`
	KeyFile string `toml:"key_file"` // beside the lines file
	CAFile  string `toml:"ca_file"`  // left out: the machine's own certificates
}

// readLines reads one table a channel. Anything it does not know stops it: a
// line half understood must not carry a payment.
func readLines(path, text string) (map[bankadapters.Key]assembly.Endpoint, error) {
	var lines map[bankadapters.Key]channelLine
	meta, err := toml.Decode(text, &lines)
	if err != nil {
		return nil, wrongLines(path, err.Error())
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, wrongLines(path, unknown[0].String()+": there is no such key")
	}
	all := map[bankadapters.Key]assembly.Endpoint{}
	for key, l := range lines {
		if !strings.HasPrefix(l.URL, "https://") || l.KeyID == "" || l.KeyFile == "" {
			return nil, wrongLines(path, string(key)+": url beginning with https://, key_id and key_file are needed")
		}
		secret, err := crypt.LoadRequestKey(besideFile(path, l.KeyFile))
		if err != nil {
			return nil, wrongLines(path, fmt.Sprintf("%s: %v", key, err))
		}
		var roots *x509.CertPool
		if l.CAFile == "" {
			roots, err = x509.SystemCertPool()
		} else {
			roots, err = readRoots(besideFile(path, l.CAFile))
		}
		if err != nil {
			return nil, wrongLines(path, fmt.Sprintf("%s: %v", key, err))
		}
		all[key] = assembly.Endpoint{URL: l.URL, KeyID: l.KeyID, Key: secret, CA: roots}
	}
	return all, nil
}

func besideFile(path, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(path), name)
}

func wrongLines(path, what string) error {
	return errs.Coded(errs.Invalid, "LINES-FILE", fmt.Sprintf("Tệp đường truyền %[1]s sai: %[2]s. Sửa tệp rồi chạy lại; chưa có lệnh nào được gửi. / "+
		"The lines file %[1]s is wrong: %[2]s. Mend it and run again; nothing was sent.", path, what), nil)
}

func readRoots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return roots, nil
}

// sandboxEndpoints reads where the sandbox of the data folder listens.
func (e *env) sandboxEndpoints() (map[bankadapters.Key]assembly.Endpoint, error) {
	folder := e.path("sandbox")
	text, err := os.ReadFile(filepath.Join(folder, "endpoints.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		CA    string `json:"ca"`
		Banks []struct {
			ID      bankadapters.Key `json:"id"`
			URL     string           `json:"url"`
			KeyID   string           `json:"key_id"`
			KeyFile string           `json:"key_file"`
		} `json:"banks"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("endpoints of the sandbox: %w", err)
	}
	roots, err := readRoots(filepath.Join(folder, file.CA))
	if err != nil {
		return nil, err
	}
	all := map[bankadapters.Key]assembly.Endpoint{}
	for _, b := range file.Banks {
		key, err := crypt.LoadRequestKey(filepath.Join(folder, b.KeyFile))
		if err != nil {
			return nil, err
		}
		all[b.ID] = assembly.Endpoint{URL: b.URL, KeyID: b.KeyID, Key: key, CA: roots}
	}
	return all, nil
}
