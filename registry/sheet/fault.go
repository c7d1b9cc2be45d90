package sheet

import (
	"errors"
	"fmt"
)

// Why is the reason a file is refused. Package registry has the words.
type Why string

// The reasons.
const (
	WhyEmpty         Why = "empty"          // no bytes
	WhyLarge         Why = "large"          // Args: megabytes, megabytes allowed
	WhyUnknown       Why = "unknown"        // no format we know
	WhyFormat        Why = "format"         // a format we know and do not read; Args: its name
	WhyText          Why = "text"           // plain text that is no table
	WhyDamaged       Why = "damaged"        // begins as one of ours and cannot be read on
	WhyExpands       Why = "expands"        // unpacks to more than the limit
	WhyPassword      Why = "password"       // a password is needed
	WhyPasswordWrong Why = "password-wrong" // the password given opens nothing
	WhyEncryptedXLS  Why = "encrypted-xls"  // an .xls under a password: not read
	WhyLimit         Why = "limit"          // more cells, text or entries than any list has; Args: what
)

// FileError is a file that cannot be walked, or not to its end.
type FileError struct {
	Why   Why
	Where string // such as "Sheet1!E12", "line 7", "xl/styles.xml"; may be empty
	Args  []any  // see the reasons
	Err   error  // the cause, may be nil
}

// Error says what and where, for the log; people read the words of registry.
func (e *FileError) Error() string {
	text := "list file: " + string(e.Why)
	if len(e.Args) > 0 {
		text += fmt.Sprint(" ", e.Args)
	}
	if e.Where != "" {
		text += " at " + e.Where
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Is reports whether target is a *FileError of the same reason.
func (e *FileError) Is(target error) bool {
	other, ok := target.(*FileError)
	return ok && other.Why == e.Why
}

func refuse(why Why, where string, cause error, args ...any) *FileError {
	return &FileError{Why: why, Where: where, Args: args, Err: cause}
}

// damaged keeps a *FileError as it is and makes any other error one.
func damaged(where string, err error) error {
	var known *FileError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return refuse(WhyDamaged, where, err)
}
