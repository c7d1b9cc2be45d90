package crypt

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrKeysExposed means a keys file that other users of the machine may read.
var ErrKeysExposed = errors.New("keys file may be read by others: allow its owner only (mode 0600)")

// KeysFile is the name of the ring inside a folder given to LoadKeys.
const KeysFile = "keys.json"

// keysFileSizeMax keeps a wrong path, such as a backup, from being read whole.
const keysFileSizeMax = 1 << 20

type keysFile struct {
	Version     int               `json:"version"`
	Current     string            `json:"current"`
	Columns     map[string][]byte `json:"columns"`
	IndexRoot   []byte            `json:"index_root"`
	RequestRoot []byte            `json:"request_root"`
}

// LoadKeys reads a ring from a file, or from keys.json in a folder. It returns
// ErrKeysExposed when anyone but the owner may read it, ErrKeys when the
// content cannot be right, and fs.ErrNotExist when there is none.
func LoadKeys(path string) (*Keys, error) {
	path = keysPath(path)
	data, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	var file keysFile
	if err := json.Unmarshal(data, &file); err != nil {
		// The cause is left out: it could quote the file.
		return nil, fmt.Errorf("load keys from %s: %w: not a keys file", path, ErrKeys)
	}
	if file.Version != 1 {
		return nil, fmt.Errorf("load keys from %s: %w: version %d is not known", path, ErrKeys, file.Version)
	}
	keys, err := newKeys(file.Current, file.Columns, file.IndexRoot, file.RequestRoot)
	if err != nil {
		return nil, fmt.Errorf("load keys from %s: %w", path, err)
	}
	return keys, nil
}

// LoadRequestKey reads the key shared with one partner: a file of 64
// lower-case hex digits and at most a line feed. Its errors are those of LoadKeys.
func LoadRequestKey(path string) ([]byte, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("load request key: %w", err)
	}
	text := strings.TrimSuffix(string(data), "\n")
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != KeySize || text != strings.ToLower(text) {
		return nil, fmt.Errorf("load request key from %s: %w: want %d lower-case hex digits", path, ErrKeys, 2*KeySize)
	}
	return key, nil
}

// readPrivate reads a file that only its owner may read. The question is put
// to the open file, so that no other can take its place in between.
func readPrivate(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrKeysExposed)
	}
	data, err := io.ReadAll(io.LimitReader(file, keysFileSizeMax+1))
	if err != nil {
		return nil, err
	}
	if len(data) > keysFileSizeMax {
		return nil, fmt.Errorf("%s: %w: the file is too large", path, ErrKeys)
	}
	return data, nil
}

// Save writes the ring to a new file, or to keys.json in a folder, readable by
// the owner only, and waits until the disk has it. It returns fs.ErrExist
// rather than touch an existing file: whoever loses a ring loses the data.
func (k *Keys) Save(path string) error {
	path = keysPath(path)
	temporary, err := k.writeBeside(path)
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	defer os.Remove(temporary)
	// Link, unlike rename, fails when the name is taken.
	if err := os.Link(temporary, path); err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Replace writes a rotated ring over the file it came from, all or nothing. It
// returns ErrKeys if the ring on disk holds a column key or root that k lacks,
// because data closed with it would be lost.
func (k *Keys) Replace(path string) error {
	path = keysPath(path)
	old, err := LoadKeys(path)
	if err != nil {
		return fmt.Errorf("replace keys: %w", err)
	}
	if !k.covers(old) {
		return fmt.Errorf("replace keys in %s: %w: the new ring does not hold every old key", path, ErrKeys)
	}
	temporary, err := k.writeBeside(path)
	if err != nil {
		return fmt.Errorf("replace keys: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(fmt.Errorf("replace keys: %w", err), os.Remove(temporary))
	}
	return syncFolder(filepath.Dir(path))
}

func (k *Keys) covers(old *Keys) bool {
	for _, c := range old.columns {
		mine, ok := k.column(c.id)
		if !ok || string(mine.secret) != string(c.secret) {
			return false
		}
	}
	return string(k.indexRoot) == string(old.indexRoot) && string(k.requestRoot) == string(old.requestRoot)
}

func (k *Keys) writeBeside(path string) (string, error) {
	file := keysFile{
		Version: 1, Current: k.current, Columns: map[string][]byte{},
		IndexRoot: k.indexRoot, RequestRoot: k.requestRoot,
	}
	for _, c := range k.columns {
		file.Columns[c.id] = c.secret
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return "", err
	}
	out, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = out.Write(append(data, '\n'))
	err = errors.Join(err, out.Sync(), out.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(out.Name()))
	}
	return out.Name(), nil
}

func keysPath(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, KeysFile)
	}
	return path
}

// syncFolder makes the new name itself durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync folder of keys: %w", err)
	}
	err = errors.Join(folder.Sync(), folder.Close())
	if err != nil && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("sync folder of keys: %w", err)
	}
	return nil
}
