package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Endpoints is DIR/sandbox/endpoints.json: where everybody listens. Paths are
// relative to DIR/sandbox.
type Endpoints struct {
	CA      string     `json:"ca"`
	Control Endpoint   `json:"control"`
	Banks   []Endpoint `json:"banks"`
}

// Endpoint is one listener and its key.
type Endpoint struct {
	ID      string `json:"id,omitempty"`
	Kind    string `json:"kind,omitempty"` // bank or provider
	BIN     string `json:"bin,omitempty"`
	Name    string `json:"name,omitempty"`
	URL     string `json:"url"`
	KeyID   string `json:"key_id"`
	KeyFile string `json:"key_file"`
}

// serving is the running listeners of a World.
type serving struct {
	servers []*http.Server
	ended   chan error // one per server
}

// Serve listens on 127.0.0.1, one port each, writes keys, certificates and
// endpoints.json below Dir/sandbox and returns; it ends when ctx does or at
// Close. Ports of an earlier run are used again when they are free.
func (w *World) Serve(ctx context.Context) (Endpoints, error) {
	var e Endpoints
	if w.config.Dir == "" {
		return e, errors.New("sandbox: serve needs Dir for its keys and certificates")
	}
	folder := filepath.Join(w.config.Dir, "sandbox")
	certificate, err := loadCertificate(folder)
	if err != nil {
		return e, fmt.Errorf("sandbox certificates: %w", err)
	}
	old := oldPorts(folder)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving.servers != nil {
		return e, errors.New("sandbox: serves already")
	}
	w.serving.ended = make(chan error, len(w.order)+1)
	e.CA = "ca.pem"
	for _, b := range append([]*bank{w.control}, w.all()...) {
		point, err := w.listen(ctx, b, folder, old[b.id], certificate)
		if err != nil {
			return e, errors.Join(fmt.Errorf("sandbox bank %s: %w", b.id, err), w.stopLocked())
		}
		switch {
		case b == w.control:
			e.Control = point
		default:
			point.ID, point.Kind, point.BIN, point.Name = b.id, "bank", b.bin, b.name
			if b.provider {
				point.Kind = "provider"
			}
			e.Banks = append(e.Banks, point)
		}
	}
	text, err := json.MarshalIndent(e, "", " ")
	if err == nil {
		err = writeDurably(filepath.Join(folder, "endpoints.json"), append(text, '\n'))
	}
	if err != nil {
		return e, errors.Join(fmt.Errorf("sandbox endpoints: %w", err), w.stopLocked())
	}
	context.AfterFunc(ctx, func() { _ = w.stopServing() }) // Close reports what matters
	return e, nil
}

func (w *World) listen(ctx context.Context, b *bank, folder, address string, certificate tls.Certificate) (Endpoint, error) {
	point := Endpoint{KeyID: b.id + "-1", KeyFile: "keys/" + b.id + "-1.key"}
	if err := writeDurably(filepath.Join(folder, point.KeyFile), []byte(hex.EncodeToString(b.key)+"\n")); err != nil {
		return point, err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if address == "" || err != nil {
		if l, err = config.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return point, err
		}
	}
	point.URL = "https://" + l.Addr().String()
	server := &http.Server{
		Handler:           w.Handler(b.id),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ErrorLog:          log.New(io.Discard, "", 0), // dropped connections are the point
		ReadHeaderTimeout: time.Minute,
	}
	w.serving.servers = append(w.serving.servers, server)
	ended := w.serving.ended
	go func() { ended <- server.ServeTLS(l, "", "") }()
	return point, nil
}

func (w *World) stopServing() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopLocked()
}

// stopLocked closes the listeners and waits until each has ended.
func (w *World) stopLocked() error {
	var all error
	for _, s := range w.serving.servers {
		all = errors.Join(all, s.Close())
	}
	for range w.serving.servers {
		if err := <-w.serving.ended; !errors.Is(err, http.ErrServerClosed) {
			all = errors.Join(all, err)
		}
	}
	w.serving.servers = nil
	return all
}

// oldPorts reads where an earlier run listened; a missing or broken file means
// nowhere.
func oldPorts(folder string) map[string]string {
	out := map[string]string{}
	var e Endpoints
	text, err := os.ReadFile(filepath.Join(folder, "endpoints.json"))
	if err != nil || json.Unmarshal(text, &e) != nil {
		return out
	}
	e.Control.ID = "control"
	for _, p := range append(e.Banks, e.Control) {
		if u, err := url.Parse(p.URL); err == nil && u.Hostname() == "127.0.0.1" {
			out[p.ID] = u.Host
		}
	}
	return out
}

// loadCertificate reads the server's certificate, or makes an authority and a
// certificate that it signed. The dates are wide because the sandbox's clock
// is not the machine's.
func loadCertificate(folder string) (tls.Certificate, error) {
	certFile, keyFile := filepath.Join(folder, "server.pem"), filepath.Join(folder, "server.key")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
		return pair, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return pair, err
	}
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "An Sinh sandbox CA (DU LIEU GIA LAP)"},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "sandbox banks"}, NotBefore: from, NotAfter: to,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, leafKey.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	// server.pem comes last: its presence means all three are there.
	err = errors.Join(
		writeDurably(filepath.Join(folder, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER})),
		writeDurably(keyFile, keyPEM), writeDurably(certFile, certPEM))
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

// writeDurably writes a small file so that after a crash it is there whole or
// not at all.
func writeDurably(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
