package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// deliveryTriesMax is how often one run tries one file.
const deliveryTriesMax = 5

// Delivered counts one delivery run.
type Delivered struct {
	Taken   int `json:"delivered"`
	Refused int `json:"refused"`
	Waiting int `json:"waiting"` // no definite answer yet; the next run tries again
}

// Deliver sends the files of one bank, or with "" of all, that the customer
// did not take yet, oldest first, to callback + "/api/v1/settlements". A file
// without definite answer keeps those after it waiting. A nil transport is
// http.DefaultTransport. The error is of the sandbox itself or of ctx, never a
// refusal.
func (w *World) Deliver(ctx context.Context, bank, callback string, transport http.RoundTripper) (Delivered, error) {
	if transport == nil {
		transport = http.DefaultTransport
	}
	var sum Delivered
	for _, b := range w.all() {
		if bank != "" && bank != b.id {
			continue
		}
		d, err := b.deliver(ctx, strings.TrimSuffix(callback, "/")+"/api/v1/settlements", transport)
		sum.Taken, sum.Refused, sum.Waiting = sum.Taken+d.Taken, sum.Refused+d.Refused, sum.Waiting+d.Waiting
		if err != nil {
			return sum, fmt.Errorf("deliver files of bank %s: %w", b.id, err)
		}
	}
	if bank != "" && w.banks[bank] == nil {
		return sum, fmt.Errorf("%w: %q", ErrUnknownBank, bank)
	}
	return sum, nil
}

func (b *bank) deliver(ctx context.Context, url string, transport http.RoundTripper) (d Delivered, err error) {
	b.delivering.Lock()
	defer b.delivering.Unlock()
	for {
		f, waiting := b.nextFile()
		if f == nil {
			return d, nil
		}
		status := 0
		for range deliveryTriesMax {
			if status, err = b.send(ctx, f, url, transport); err != nil {
				d.Waiting = waiting
				return d, err
			}
			if status != 0 {
				break
			}
		}
		switch {
		case status == 0:
			d.Waiting = waiting
			return d, nil
		case status < 300:
			d.Taken++
		default:
			d.Refused++
		}
	}
}

// nextFile is the first file without definite answer, by place.
func (b *bank) nextFile() (next *file, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.files {
		if f.outcome != "" {
			continue
		}
		waiting++
		if next == nil || f.place < next.place {
			next = f
		}
	}
	return next, waiting
}

// send tries once. Status 0 means no definite answer.
func (b *bank) send(ctx context.Context, f *file, url string, transport http.RoundTripper) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	content, nonce, err := b.prepare(f)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(content))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", f.contentType())
	r.Header.Set(headerKind, f.Kind)
	r.Header.Set(headerFile, f.Name)
	signRequest(r, b.id+"-1", b.key, b.world.now(), nonce, content)
	res, err := transport.RoundTrip(r)
	if err != nil {
		return 0, ctx.Err() // the receiver may have it: the same bytes go again
	}
	defer res.Body.Close()
	receipt, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return 0, ctx.Err()
	}
	switch res.StatusCode {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return res.StatusCode, b.answered(f, "refused", res, receipt)
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return res.StatusCode, b.answered(f, "taken", res, receipt)
	}
	return 0, nil
}

// prepare notes the try in the book, so that its nonce is never used again,
// not even after a restart.
func (b *bank) prepare(f *file) (content []byte, nonce string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	job := b.begin()
	job.put(&event{Kind: evSending, ID: f.ID, N: f.tries + 1})
	nonce = fmt.Sprintf("%s-try-%d-%d", f.ID, f.tries, b.log.seq)
	if err := job.done(); err != nil {
		return nil, "", err
	}
	content, err = b.contentOf(f)
	return content, nonce, err
}

// answered keeps the receiver's answer; a refused faulty statement is corrected
// at once.
func (b *bank) answered(f *file, outcome string, res *http.Response, receipt []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	job := b.begin()
	job.put(&event{Kind: evDelivered, ID: f.ID, Text: outcome, N: res.StatusCode, Digest: hexDigest(receipt), Head: cut(res.Header.Get(headerHead), 200)})
	if f.Faulty && outcome == "refused" && !f.corrected {
		b.correct(job, f)
	}
	return job.done()
}
