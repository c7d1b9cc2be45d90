package registry_test

import (
	"testing"

	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/registry"
)

func TestLookupTakesWholeNumbersOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		look func(string) (crypt.Secret, error)
		said string
		want string
		code string
	}{
		"an id with gaps":            {registry.LookupID, "000 336 000 005", "000336000005", ""},
		"eleven digits":              {registry.LookupID, "00033600000", "", "LOOKUP-ID"},
		"a letter in it":             {registry.LookupID, "00033600000O", "", "LOOKUP-ID"},
		"nothing":                    {registry.LookupID, "", "", "LOOKUP-ID"},
		"a phone with dots":          {registry.LookupPhone, "0900.000.006", "0900000006", ""},
		"a phone with +84":           {registry.LookupPhone, "+84 900 000 006", "0900000006", ""},
		"a phone without its zero":   {registry.LookupPhone, "900000006", "0900000006", ""},
		"a phone of eight digits":    {registry.LookupPhone, "09000006", "", "LOOKUP-PHONE"},
		"a phone that is no number":  {registry.LookupPhone, "mẹ tôi", "", "LOOKUP-PHONE"},
		"a phone that is left empty": {registry.LookupPhone, " ", "", "LOOKUP-PHONE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.look(tt.said)
			if got.Reveal() != tt.want || errs.Code(err) != tt.code {
				t.Errorf("look up %q = %q, %v; want %q, code %q", tt.said, got.Reveal(), err, tt.want, tt.code)
			}
		})
	}
}
