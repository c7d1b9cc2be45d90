package crypt

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var placeID = Place{Column: "registry.person.id_number", Row: "42"}

func derived(t *testing.T, seed string) *Keys {
	t.Helper()
	keys, err := DeriveKeys([]byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func encrypt(t *testing.T, keys *Keys, place Place, plain Secret) []byte {
	t.Helper()
	closed, err := keys.Encrypt(rand.Reader, place, plain)
	if err != nil {
		t.Fatal(err)
	}
	return closed
}

func TestDecrypt(t *testing.T) {
	t.Parallel()
	keys, other := derived(t, "seed"), derived(t, "another seed")
	closed := encrypt(t, keys, placeID, "000136900001")
	change := func(at int) []byte {
		out := bytes.Clone(closed)
		out[at] ^= 1
		return out
	}
	tests := map[string]struct {
		keys    *Keys
		place   Place
		closed  []byte
		want    Secret
		wantErr error
	}{
		"opens where it was closed": {keys, placeID, closed, "000136900001", nil},
		"opens with the same seed":  {derived(t, "seed"), placeID, closed, "000136900001", nil},
		"empty is a value too":      {keys, placeID, encrypt(t, keys, placeID, ""), "", nil},
		"not with other keys":       {other, placeID, closed, "", ErrCiphertext},
		"not in another row":        {keys, Place{placeID.Column, "43"}, closed, "", ErrCiphertext},
		"not in another column":     {keys, Place{"registry.person.phone", "42"}, closed, "", ErrCiphertext},
		"not where the parts shift": {keys, Place{placeID.Column + "4", "2"}, closed, "", ErrCiphertext},
		"not with a changed tag":    {keys, placeID, change(len(closed) - 1), "", ErrCiphertext},
		"not with a changed nonce":  {keys, placeID, change(4), "", ErrCiphertext},
		"not of another version":    {keys, placeID, change(0), "", ErrCiphertext},
		"not with another id size":  {keys, placeID, change(1), "", ErrKeyUnknown},
		"not with an unknown key":   {keys, placeID, change(3), "", ErrKeyUnknown},
		"not when cut":              {keys, placeID, closed[:len(closed)-20], "", ErrCiphertext},
		"not when empty":            {keys, placeID, nil, "", ErrCiphertext},
		"not when it is plain text": {keys, placeID, []byte("000136900001"), "", ErrCiphertext},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.keys.Decrypt(tt.place, tt.closed)
			if got != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("Decrypt = %q, %v; want %q, %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestEncryptHidesEqualValues(t *testing.T) {
	t.Parallel()
	keys := derived(t, "seed")
	a, b := encrypt(t, keys, placeID, "000136900001"), encrypt(t, keys, placeID, "000136900001")
	if bytes.Equal(a, b) {
		t.Error("the same value closed twice gives the same bytes")
	}
	if bytes.Contains(a, []byte("000136900001")) {
		t.Error("the ciphertext holds the plaintext")
	}
	if got, want := len(a), 12+32; got != want {
		t.Errorf("a ciphertext of 12 characters has %d bytes, want %d", got, want)
	}
	if _, err := keys.Encrypt(strings.NewReader("short"), placeID, "x"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Encrypt without randomness: error %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// FuzzDecrypt: no bytes from elsewhere open, and each refusal is one of two errors.
func FuzzDecrypt(f *testing.F) {
	keys, err := DeriveKeys([]byte("seed"))
	if err != nil {
		f.Fatal(err)
	}
	closed, err := keys.Encrypt(bytes.NewReader(make([]byte, nonceSize)), placeID, "000136900001")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(closed, "42")
	f.Add([]byte{1, 2, 'k', '1'}, "42")
	f.Add([]byte{1, 255}, "")
	f.Fuzz(func(t *testing.T, in []byte, row string) {
		got, err := keys.Decrypt(Place{Column: placeID.Column, Row: row}, in)
		if bytes.Equal(in, closed) && row == placeID.Row {
			return
		}
		if got != "" || !errors.Is(err, ErrCiphertext) && !errors.Is(err, ErrKeyUnknown) {
			t.Fatalf("Decrypt(%x) = %q, %v", in, got.Reveal(), err)
		}
	})
}

func TestRotationOpensOldAndClosesNew(t *testing.T) {
	t.Parallel()
	first := derived(t, "seed")
	old := encrypt(t, first, placeID, "000136900001")
	ring := first
	for range 11 { // past k9, where sorting by letters would go wrong
		next, err := ring.Rotated(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		ring = next
	}
	if got, want := ring.Current(), "k12"; got != want {
		t.Errorf("current key = %s, want %s", got, want)
	}
	if got, err := ring.Decrypt(placeID, old); err != nil || got != "000136900001" {
		t.Errorf("Decrypt of the first key's value = %q, %v", got, err)
	}
	fresh := encrypt(t, ring, placeID, "x")
	if !ring.Outdated(old) || ring.Outdated(fresh) || !ring.Outdated(nil) {
		t.Errorf("Outdated: old %t, fresh %t, nothing %t; want true, false, true", ring.Outdated(old), ring.Outdated(fresh), ring.Outdated(nil))
	}
	if _, err := first.Decrypt(placeID, fresh); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("the old ring on a new value: error %v, want ErrKeyUnknown", err)
	}
	if diff := cmp.Diff(first.Index(FieldID, "1"), ring.Index(FieldID, "1")); diff != "" {
		t.Errorf("rotation moved the index (-want +got):\n%s", diff)
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	keys := derived(t, "seed")
	base := keys.Index(FieldID, "000136900001")
	if got := len(base); got != IndexSize {
		t.Fatalf("an index has %d bytes, want %d", got, IndexSize)
	}
	tests := map[string]struct {
		got  []byte
		same bool
	}{
		"the same value":       {keys.Index(FieldID, "000136900001"), true},
		"the same seed":        {derived(t, "seed").Index(FieldID, "000136900001"), true},
		"another value":        {keys.Index(FieldID, "000136900002"), false},
		"another kind":         {keys.Index(FieldAccount, "000136900001"), false},
		"another ring":         {derived(t, "other").Index(FieldID, "000136900001"), false},
		"a value not cleaned":  {keys.Index(FieldID, "000 136 900 001"), false},
		"another kind's phone": {keys.Index(FieldPhone, "000136900001"), false},
	}
	for name, tt := range tests {
		if bytes.Equal(base, tt.got) != tt.same {
			t.Errorf("%s: equal %t, want %t", name, !tt.same, tt.same)
		}
	}
	if got := keys.Index(FieldID, ""); got != nil {
		t.Errorf("the index of nothing = %x, want nil", got)
	}
}

// TestDerivedKeysStay pins what the demo's figures and files rest on. The
// figures were computed from RFC 5869 and RFC 2104 by another program.
func TestDerivedKeysStay(t *testing.T) {
	t.Parallel()
	keys := derived(t, "demo 42")
	request, err := keys.RequestKey("bank/A")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := Derive([]byte("demo 42"), "person/1")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"index":   fmt.Sprintf("%x", keys.Index(FieldID, "000136900001")),
		"request": fmt.Sprintf("%x", request),
		"person":  fmt.Sprintf("%x", signer),
	}
	want := map[string]string{
		"index":   "721149def578456a00fa99a778903d3e",
		"request": "e05961819a8e89632ca676e9d6f8d7cfa2df317b02bacb79190f10f3ccba2713",
		"person":  "3f4bdb84f09648e1de5a4182fc3cd9e4bfba4cd5bf8890ebf6b3d44416669ab7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("derived keys (-want +got):\n%s", diff)
	}
	if _, err := DeriveKeys(nil); !errors.Is(err, ErrKeys) {
		t.Errorf("DeriveKeys of no seed: error %v, want ErrKeys", err)
	}
}

func TestKeysFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ring, err := GenerateKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Save(folder); err != nil {
		t.Fatal(err)
	}
	closed := encrypt(t, ring, placeID, "x")
	for _, path := range []string{folder, filepath.Join(folder, KeysFile)} {
		loaded, err := LoadKeys(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := loaded.Decrypt(placeID, closed); err != nil || got != "x" {
			t.Errorf("a ring loaded from %s: %q, %v", path, got, err)
		}
		if diff := cmp.Diff(ring.Index(FieldID, "1"), loaded.Index(FieldID, "1")); diff != "" {
			t.Errorf("a loaded ring indexes otherwise (-want +got):\n%s", diff)
		}
	}
	if err := derived(t, "seed").Save(folder); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Save over a ring: error %v, want fs.ErrExist", err)
	}
	if err := derived(t, "seed").Replace(folder); !errors.Is(err, ErrKeys) {
		t.Errorf("Replace by a stranger: error %v, want ErrKeys", err)
	}
	rotated, err := ring.Rotated(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := rotated.Replace(folder); err != nil {
		t.Fatal(err)
	}
	if loaded, err := LoadKeys(folder); err != nil || loaded.Current() != "k2" {
		t.Errorf("after Replace: %v, %v; want k2", loaded, err)
	}
	if err := ring.Replace(folder); !errors.Is(err, ErrKeys) {
		t.Errorf("Replace by the ring before: error %v, want ErrKeys", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v; want keys.json alone", left, err)
	}
}

func TestLoadKeysRefuses(t *testing.T) {
	t.Parallel()
	good := `"columns":{"k1":"` + strings.Repeat("A", 43) + `="},"index_root":"` + strings.Repeat("A", 43) + `=","request_root":"` + strings.Repeat("A", 43) + `="`
	tests := map[string]struct {
		content string
		mode    fs.FileMode
		want    error
	}{
		"a good file":              {`{"version":1,"current":"k1",` + good + `}`, 0o600, nil},
		"a file others may read":   {`{"version":1,"current":"k1",` + good + `}`, 0o644, ErrKeysExposed},
		"a file the group reads":   {`{"version":1,"current":"k1",` + good + `}`, 0o640, ErrKeysExposed},
		"another version":          {`{"version":2,"current":"k1",` + good + `}`, 0o600, ErrKeys},
		"no current key":           {`{"version":1,` + good + `}`, 0o600, ErrKeys},
		"a current key not there":  {`{"version":1,"current":"k2",` + good + `}`, 0o600, ErrKeys},
		"keys that are too short":  {`{"version":1,"current":"k1",` + strings.ReplaceAll(good, "AAAA", "") + `}`, 0o600, ErrKeys},
		"no JSON":                  {"0123456789", 0o600, ErrKeys},
		"nothing":                  {"", 0o600, ErrKeys},
		"a file of some megabytes": {strings.Repeat(" ", keysFileSizeMax+1), 0o600, ErrKeys},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, tt.content, tt.mode)
			keys, err := LoadKeys(path)
			if !errors.Is(err, tt.want) || (err == nil) != (keys != nil) {
				t.Errorf("LoadKeys = %v, %v; want %v", keys, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "0123456789") {
				t.Errorf("error %q quotes the file", err)
			}
		})
	}
	if _, err := LoadKeys(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("LoadKeys of nothing: error %v, want fs.ErrNotExist", err)
	}
}

func TestLoadRequestKey(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("0123456789abcdef", 4)
	tests := map[string]struct {
		content string
		mode    fs.FileMode
		want    error
	}{
		"64 digits":             {digits, 0o600, nil},
		"and a line feed":       {digits + "\n", 0o600, nil},
		"two line feeds":        {digits + "\n\n", 0o600, ErrKeys},
		"capitals":              {strings.ToUpper(digits), 0o600, ErrKeys},
		"a digit short":         {digits[1:], 0o600, ErrKeys},
		"two digits too many":   {digits + "00", 0o600, ErrKeys},
		"nothing":               {"", 0o600, ErrKeys},
		"readable by the group": {digits, 0o640, ErrKeysExposed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := LoadRequestKey(writeFile(t, tt.content, tt.mode))
			if !errors.Is(err, tt.want) || err == nil && fmt.Sprintf("%x", key) != digits {
				t.Errorf("LoadRequestKey = %x, %v; want %v", key, err, tt.want)
			}
		})
	}
}

func writeFile(t *testing.T, content string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // WriteFile's mode passes the umask
		t.Fatal(err)
	}
	return path
}

// TestNothingPrintsKeysOrSecrets sends every type that holds something hidden
// through every way of printing and looks for it in all its spellings.
func TestNothingPrintsKeysOrSecrets(t *testing.T) {
	t.Parallel()
	const raw = "000136900001"
	keys := derived(t, "seed")
	signer, err := NewSigner("Nguyễn Văn Mẫu", bytes.Repeat([]byte{0xab}, 32))
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		ID     Secret
		Keys   *Keys
		Signer *Signer
		Many   []Secret
		Any    any
	}
	value := row{raw, keys, signer, []Secret{raw}, map[string]Secret{"id": raw}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10v", "%t", "%U"} {
		fmt.Fprintf(&out, verb+"\n", value)
		for _, one := range []any{value.ID, &value.ID, keys, signer, value.Many, value.Any} {
			fmt.Fprintf(&out, verb+"\n", one)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("x", "id", value.ID, "keys", keys, "signer", signer, "row", value, "many", value.Many)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	column := keys.columns[0].secret
	for _, hidden := range []string{
		raw, fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw),
		fmt.Sprintf("%x", column[:6]), fmt.Sprint(column[:6])[1:12], fmt.Sprintf("%x", keys.indexRoot[:6]),
		"abababab", "171 171 171", "0xab, 0xab",
	} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("%q is printed somewhere", hidden)
		}
	}
	if !strings.Contains(out.String(), "…0001") {
		t.Error("the mask …0001 is printed nowhere")
	}
}
