package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const bodyBytesMax = 64 << 20

// reply is what a bank decided to answer; the transport below it does the rest.
type reply struct {
	status   int
	kind     string // Content-Type
	body     []byte
	unsigned bool
	drop     bool // close the connection without a word
	slow     bool // answer after the customer's patience
}

const (
	typeJSON = "application/json"
	typeXML  = "application/xml"
	typeCSV  = "text/csv; charset=utf-8"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

func jsonReply(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sandbox: answer %T: %v", v, err)) // only own types without cycles come here
	}
	return reply{status: status, kind: typeJSON, body: body}
}

func unavailable() reply {
	return reply{status: http.StatusServiceUnavailable, kind: "text/plain; charset=utf-8",
		body: []byte("service unavailable\n"), unsigned: true}
}

func errorReply(status int, word string) reply {
	return jsonReply(status, map[string]string{"error": word})
}

// request is a request whose signature was checked.
type request struct {
	*http.Request
	body []byte
}

// Handler serves one bank, one provider, or with "control" the controls of the
// sandbox, without sockets. A dropped connection is http.ErrAbortHandler.
// An unknown id gives a handler that answers 404.
func (w *World) Handler(bank string) http.Handler {
	b := w.banks[bank]
	if bank == "control" {
		b = w.control
	}
	if b == nil {
		return http.NotFoundHandler()
	}
	mux := http.NewServeMux()
	for pattern, do := range b.routes() {
		mux.HandleFunc(pattern, func(rw http.ResponseWriter, r *http.Request) {
			if c, ok := rw.(*call); ok {
				c.rep = do(&request{r, c.body})
			}
		})
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { b.serve(mux, rw, r) })
}

type route func(*request) reply

// routes is the wire of docs/BANKS.md as patterns.
func (b *bank) routes() map[string]route {
	switch {
	case b.id == "control":
		return b.world.controlRoutes()
	case b.provider:
		return map[string]route{
			"POST /v1/lists":             b.postList,
			"GET /v1/lists/{id}/results": b.getListResults,
			"GET /v1/statements":         b.getStatements,
			"GET /v1/statements/{id}":    b.getStatement,
		}
	default:
		return map[string]route{
			"POST /v1/messages":                    b.postMessage,
			"GET /v1/messages/{id}":                b.getMessage,
			"GET /v1/statements":                   b.getStatements,
			"GET /v1/statements/{id}":              b.getStatement,
			"POST /v1/accounts/verify":             b.postVerify,
			"POST /portal/uploads":                 b.postUpload,
			"GET /portal/uploads":                  b.getUploads,
			"GET /portal/uploads/{receipt}/result": b.getUploadResult,
		}
	}
}

func (b *bank) serve(mux *http.ServeMux, rw http.ResponseWriter, r *http.Request) {
	target := r.RequestURI
	if target == "" {
		target = r.URL.RequestURI()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyBytesMax+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the request did not arrive whole
	}
	var rep reply
	if len(body) > bodyBytesMax {
		rep = errorReply(http.StatusRequestEntityTooLarge, "too large")
		rep.unsigned = true
	} else if word := b.checkSignature(r, target, body); word != "" {
		rep = errorReply(http.StatusUnauthorized, word)
		rep.unsigned = true
	} else {
		c := &call{body: body, rep: errorReply(http.StatusNotFound, "no such address")}
		mux.ServeHTTP(c, r)
		rep = c.rep
	}
	if rep.slow {
		if rep.drop = b.world.config.Slow == nil; !rep.drop {
			b.world.config.Slow(r)
		}
	}
	if rep.drop {
		panic(http.ErrAbortHandler)
	}
	h := rw.Header()
	h.Set("Content-Type", rep.kind)
	h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	if !rep.unsigned {
		at, nonce := b.world.now().UTC().Format(time.RFC3339), r.Header.Get(headerNonce)
		h.Set(headerKey, b.id+"-1")
		h.Set(headerTimestamp, at)
		h.Set(headerNonce, nonce)
		h.Set(headerSignature, sign(b.key, "RESPONSE", target, at, nonce, rep.body))
	}
	rw.WriteHeader(rep.status)
	// A client that went away learns nothing; what is booked is booked.
	_, _ = rw.Write(rep.body)
}

// locked runs do on the bank's state in one group of events and answers only
// when the group is durable; time moves first.
func (b *bank) locked(do func(*work) reply) reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.log.err != nil {
		return unavailable()
	}
	job := b.begin()
	b.tick(job)
	rep := do(job)
	if err := job.done(); err != nil {
		return unavailable()
	}
	return rep
}

// call carries body and reply through the mux, which only finds the route; the
// mux's own pages for unknown addresses are thrown away.
type call struct {
	body []byte
	rep  reply
}

func (*call) Header() http.Header         { return http.Header{} }
func (*call) Write(p []byte) (int, error) { return len(p), nil }
func (*call) WriteHeader(int)             {}

// Transport calls a bank's handler in the same process, for programs without
// sockets. A dropped connection is io.ErrUnexpectedEOF.
func (w *World) Transport(bank string) http.RoundTripper {
	return transport{w.Handler(bank)}
}

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (res *http.Response, err error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
				panic(p)
			}
			res, err = nil, io.ErrUnexpectedEOF
		}
	}()
	t.handler.ServeHTTP(rec, in)
	return &http.Response{
		Status: strconv.Itoa(rec.status) + " " + http.StatusText(rec.status), StatusCode: rec.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: rec.header,
		Body: io.NopCloser(&rec.body), ContentLength: int64(rec.body.Len()), Request: r,
	}, nil
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) WriteHeader(status int)      { r.status = status }
