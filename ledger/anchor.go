package ledger

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
)

// Anchor is a head that left the database: one line of a file that lies
// elsewhere. Whoever holds it can prove that nothing before it was rewritten, and
// a database that does not have it was restored from a backup.
type Anchor struct {
	Head         Head
	Installation string
	Epoch        int
	Day          calendar.Date // whose close wrote it
	At           time.Time
	Key          crypt.PublicKey // of the installation
}

// anchorPurpose is what the installation's seal under an anchor means.
const anchorPurpose = "ledger-head/v1"

// ErrAnchor says that a line of an anchor file is not one of ours as it was written.
var ErrAnchor = errors.New("no head as it was written")

// AnchorSigner derives the installation's key for anchors from its ring. Its
// public half may be given to anybody; it never changes with a new column key.
func AnchorSigner(keys *crypt.Keys, installation string) (*crypt.Signer, error) {
	seed, err := keys.RequestKey(anchorPurpose)
	if err != nil {
		return nil, err
	}
	return crypt.NewSigner(installation, seed)
}

// line is the anchor as it stands in a file, without the seal.
func (a Anchor) line() string {
	return fmt.Sprintf("%s installation=%s epoch=%d day=%s at=%s key=%s", a.Head, a.Installation, a.Epoch, a.Day,
		a.At.UTC().Format(time.RFC3339), base64.StdEncoding.EncodeToString(a.Key))
}

// AppendAnchor adds the head to the file at path and flushes it to disk. What is
// in the file stays.
func AppendAnchor(path string, a Anchor, signer *crypt.Signer) error {
	a.Key = signer.Public()
	seal := signer.Sign(anchorPurpose, []byte(a.line()))
	text := a.line() + " seal=" + base64.StdEncoding.EncodeToString(seal.Signature) + "\n"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("anchor %s: %w", path, err)
	}
	return nil
}

// ReadAnchors reads a file of anchors, oldest first; a file that is not there
// holds none. A line that is no head, or whose seal does not fit its own key, is
// ErrAnchor; a head alone, as printed on paper, is taken without a seal. A last
// line without its line feed was cut while it was written and does not count,
// unless it is the only one.
func ReadAnchors(path string) ([]Anchor, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		text = text[:i+1]
	}
	var list []Anchor
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		a, err := parseAnchor(line)
		if err != nil {
			return nil, fmt.Errorf("anchor %s line %d: %w", filepath.Base(path), n, err)
		}
		list = append(list, a)
	}
	return list, lines.Err()
}

func parseAnchor(line string) (Anchor, error) {
	var a Anchor
	words := strings.Fields(line)
	var err error
	if a.Head, err = ParseHead(words[0]); err != nil || len(words) == 1 {
		return a, err
	}
	body, sealed, ok := strings.Cut(line, " seal=")
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(sealed))
	if !ok || err != nil {
		return a, fmt.Errorf("%w: it has no seal", ErrAnchor)
	}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "installation":
			a.Installation = value
		case "epoch":
			a.Epoch, err = strconv.Atoi(value)
		case "day":
			a.Day, err = calendar.ParseISO(value)
		case "at":
			a.At, err = time.Parse(time.RFC3339, value)
		case "key":
			a.Key, err = base64.StdEncoding.DecodeString(value)
		}
		if err != nil {
			return a, fmt.Errorf("%w: %s", ErrAnchor, name)
		}
	}
	seal := crypt.Seal{Signer: a.Installation, Purpose: anchorPurpose, Signature: signature}
	if err := crypt.Verify(a.Key, seal, []byte(body)); err != nil {
		return a, fmt.Errorf("%w: %w", ErrAnchor, err)
	}
	return a, nil
}

// ParseHead reads a head as [Head.String] prints it.
func ParseHead(word string) (Head, error) {
	no, hash, _ := strings.Cut(word, "-")
	var h Head
	var err error
	sum, bad := hex.DecodeString(hash)
	h.ChainNo, err = strconv.ParseInt(no, 10, 64)
	if err != nil || bad != nil || len(sum) != len(h.Hash) || h.ChainNo < 0 {
		return Head{}, fmt.Errorf("%w: %q", ErrAnchor, word)
	}
	copy(h.Hash[:], sum)
	return h, nil
}
