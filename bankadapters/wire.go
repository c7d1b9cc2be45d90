package bankadapters

import (
	"errors"
	"fmt"
	"io"
)

// Wire turns a submission into the bytes of one rail and reads such bytes back.
//
// WriteSubmission is a pure function: the same submission gives the same bytes.
// ReadSubmission shares no code with it. It takes the submission only for what
// the wire does not carry (a provider's list has no paying account).
type Wire interface {
	WriteSubmission(w io.Writer, s Submission) error
	ReadSubmission(r io.Reader, s Submission) (ReadBack, error)
}

// ErrSubmission means that a submission cannot be written on this wire: a
// character, length, count or sum the wire does not allow. Nothing was sent.
var ErrSubmission = errors.New("submission not fit for the wire")

// ErrAnswer means that an answer came which proves nothing: not signed with the
// bank's key, not readable, or about something else.
var ErrAnswer = errors.New("the bank's answer cannot be relied on")

// TransportError is a fault of the line: refused, broken, timed out, or an
// unsigned "out of service". Only these count for the [Breaker].
type TransportError struct {
	Op    string
	Began bool // a byte of the request may have left; false is certain that none did
	Err   error
}

// Error names the call and the fault.
func (e *TransportError) Error() string { return fmt.Sprintf("%s: line fault: %v", e.Op, e.Err) }

// Unwrap returns the fault itself.
func (e *TransportError) Unwrap() error { return e.Err }

// OutcomeOfFault is the outcome of a Submit that got no answer: NotSent only if
// the line is certain that no byte left.
func OutcomeOfFault(err error) Outcome {
	var fault *TransportError
	if errors.As(err, &fault) && !fault.Began {
		return NotSent
	}
	return Unknown
}
