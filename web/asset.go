package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the files a page loads: a style sheet, a script, fonts. Each has an
// address with the hash of its content, so a browser may keep it for ever.
type assets struct {
	bodies map[string][]byte // by address
	packed map[string][]byte // the same, where that saves anything
	paths  map[string]string // by name
}

func readAssets() (*assets, error) {
	a := &assets{bodies: map[string][]byte{}, packed: map[string][]byte{}, paths: map[string]string{}}
	// Fonts first: the style sheet names them by their addresses.
	for _, kind := range []string{".woff2", ".svg", ".js", ".css"} {
		err := fs.WalkDir(assetFiles, "assets", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(name) != kind {
				return err
			}
			body, err := assetFiles.ReadFile(name)
			if err != nil {
				return err
			}
			if kind == ".css" {
				body = a.linked(body)
			}
			sum := sha256.Sum256(body)
			base := strings.TrimSuffix(path.Base(name), kind)
			address := fmt.Sprintf("/assets/%s.%s%s", base, hex.EncodeToString(sum[:5]), kind)
			if kind != ".woff2" { // packed already
				a.packed[address] = squeeze(body)
			}
			a.bodies[address], a.paths[path.Base(name)] = body, address
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// linked puts addresses in place of the names url(NAME) in a style sheet.
func (a *assets) linked(css []byte) []byte {
	text := string(css)
	for name, address := range a.paths {
		text = strings.ReplaceAll(text, "url("+name+")", "url("+address+")")
	}
	return []byte(text)
}

// path is the address of a file by its name.
func (a *assets) path(name string) (string, error) {
	address, ok := a.paths[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return address, nil
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := a.bodies[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	kind := mime.TypeByExtension(path.Ext(r.URL.Path))
	if path.Ext(r.URL.Path) == ".woff2" {
		kind = "font/woff2" // many systems do not list it
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_ = send(w, r, http.StatusOK, body, a.packed[r.URL.Path]) // the reader left
}
