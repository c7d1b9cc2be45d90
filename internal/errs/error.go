// Package errs carries an error from the domain to the person who must act
// on it: what sort of trouble it is, and one sentence that helps.
//
// # The rule
//
// Every error that a person may see has been put into words once, at the place
// that knows what it means. Whatever has no such words is [Internal], and its
// text promises nothing about money: an officer who reads it looks before
// trying again.
//
// # The picture
//
//	store, parser, bank      domain                web, web/api, cmd
//	sentinel or XError  -->  errs.New(kind, …) -->  errs.Read(err)
//	(for the caller)         (for a person)         (status, sentence, log)
//
// # What this package does not do
//
// It logs nothing, knows no HTTP status and no exit code, and it never shows
// the cause: causes may carry account numbers, sentences may not.
package errs

import "errors"

// Kind says what sort of trouble an error is, and so who can mend it. The zero
// Kind is [Internal]: an error nobody classified is ours, not the reader's.
type Kind uint8

// The five kinds. A response for each is checked by tests of the packages that
// answer people; adding a kind without a response fails there.
const (
	// Internal is a fault of ours. Nobody outside can mend it.
	Internal Kind = iota
	// Invalid is something the person gave us that cannot be right.
	Invalid
	// NotFound is a thing that does not exist or that this person may not know of.
	NotFound
	// Conflict is a request that came too late or does not fit the present state.
	Conflict
	// Denied is a request that this person has no power to make.
	Denied
)

// TextInternal is what a person reads when no better sentence is known.
const TextInternal = "Hệ thống gặp lỗi. Hãy xem trạng thái khoản chi trước khi làm lại và báo mã tham chiếu dưới đây. / " +
	"Something went wrong on our side. Check the payment's state before you try again, and quote the reference below."

// Kinds returns every kind in order, for tests that must leave none out.
func Kinds() []Kind {
	return []Kind{Internal, Invalid, NotFound, Conflict, Denied}
}

// String returns the name used in logs and JSON: internal, invalid, not-found,
// conflict or denied. An unknown kind is "internal" too.
func (k Kind) String() string {
	switch k {
	case Invalid:
		return "invalid"
	case NotFound:
		return "not-found"
	case Conflict:
		return "conflict"
	case Denied:
		return "denied"
	case Internal:
		return "internal"
	default:
		return "internal"
	}
}

// Error is an error with words for a person.
type Error struct {
	// Kind says who can mend it.
	Kind Kind
	// Code is a stable name such as LIST-HEADER-MISSING by which docs/ERRORS.md
	// lists the sentence. It may be empty.
	Code string
	// Text says where, what, and how to mend it: Vietnamese first, English second.
	// It holds no identity, account or phone number.
	Text string
	// Err is the cause, for the log and for errors.Is. It may be nil.
	Err error
}

// New returns an *Error of the given kind with a sentence for a person. Cause
// may be nil.
func New(kind Kind, sentence string, cause error) error {
	return &Error{Kind: kind, Text: sentence, Err: cause}
}

// Coded is [New] with the stable code under which docs/ERRORS.md lists the
// sentence.
func Coded(kind Kind, code, sentence string, cause error) error {
	return &Error{Kind: kind, Code: code, Text: sentence, Err: cause}
}

// Error returns code, sentence and cause, for a log or a terminal of our own.
// Show people what [Read] returns instead.
func (e *Error) Error() string {
	text := e.Text
	if e.Code != "" {
		text = e.Code + ": " + text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read returns the kind and sentence of the outermost *Error in err's chain.
// Anything else, nil included, is Internal with [TextInternal]; so is an
// *Error of kind Internal, because its own words were written for us.
func Read(err error) (Kind, string) {
	e, ok := find(err)
	if !ok || e.Kind == Internal || e.Text == "" {
		return Internal, TextInternal
	}
	return e.Kind, e.Text
}

// Code returns the stable code of the outermost *Error in err's chain, or ""
// if there is none.
func Code(err error) string {
	if e, ok := find(err); ok {
		return e.Code
	}
	return ""
}

func find(err error) (*Error, bool) {
	var e *Error
	if !errors.As(err, &e) || e == nil {
		return nil, false
	}
	return e, true
}
