package errs

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errCause = errors.New("cause")

func TestRead(t *testing.T) {
	t.Parallel()
	type reading struct {
		Kind       Kind
		Text, Code string
	}
	internal := reading{Kind: Internal, Text: TextInternal}
	tests := map[string]struct {
		err  error
		want reading
	}{
		"nil promises nothing":            {nil, internal},
		"a plain error is ours":           {errCause, internal},
		"a typed nil is ours":             {(*Error)(nil), internal},
		"the zero error is ours":          {&Error{}, internal},
		"a kind without words is ours":    {&Error{Kind: Invalid}, internal},
		"internal words stay inside":      {New(Internal, "index 7 of batch 3", errCause), internal},
		"words reach the person":          {New(Denied, "Ask your chief.", nil), reading{Denied, "Ask your chief.", ""}},
		"a code comes along":              {Coded(Invalid, "LIST-HEADER-MISSING", "Add a header row.", errCause), reading{Invalid, "Add a header row.", "LIST-HEADER-MISSING"}},
		"wrapping keeps the words":        {fmt.Errorf("read list 7: %w", New(NotFound, "No such list.", errCause)), reading{NotFound, "No such list.", ""}},
		"the outermost words win":         {New(Conflict, "Reload.", Coded(Invalid, "INNER", "Inner.", nil)), reading{Conflict, "Reload.", ""}},
		"a joined error shows its words":  {errors.Join(errCause, New(Conflict, "Reload.", nil)), reading{Conflict, "Reload.", ""}},
		"an unknown kind still has words": {New(Kind(200), "?", nil), reading{Kind(200), "?", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, text := Read(tt.err)
			got := reading{Kind: kind, Text: text, Code: Code(tt.err)}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Read(%v) (-want +got):\n%s", tt.err, diff)
			}
		})
	}
}

func TestErrorKeepsItsCause(t *testing.T) {
	t.Parallel()
	err := Coded(Invalid, "LIST-EMPTY", "The list has no rows.", errCause)
	if !errors.Is(err, errCause) {
		t.Errorf("errors.Is(%v, cause) = false, want true", err)
	}
	if want, got := "LIST-EMPTY: The list has no rows.: cause", err.Error(); got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestEveryKindHasItsOwnName(t *testing.T) {
	t.Parallel()
	seen := map[string]Kind{}
	for _, kind := range Kinds() {
		if other, ok := seen[kind.String()]; ok {
			t.Errorf("kinds %d and %d are both called %q", other, kind, kind)
		}
		seen[kind.String()] = kind
	}
	if want, got := 5, len(seen); got != want {
		t.Errorf("%d kinds, want %d", got, want)
	}
	if want, got := "internal", Kind(99).String(); got != want {
		t.Errorf("Kind(99) = %q, want %q", got, want)
	}
}
