package registry

import (
	"fmt"
	"strings"
	"unicode"
)

// idLength is the number of digits of a personal id: PPP province of birth
// registration, G century and sex, YY birth year, six random digits.
const idLength = 12

// demoProvince belongs to no province: ids of invented people begin with it.
const demoProvince = "000"

// cleanID drops what people put between the groups of an id. It is the one
// repair made without asking, because nothing of the number is lost.
func cleanID(cell string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".'’`-\u202f\u2009", r) {
			return -1
		}
		return r
	}, cell)
}

// idBirthYear returns the year an id of 12 digits stands for.
func idBirthYear(id string) int {
	return 1900 + 100*(int(id[3]-'0')/2) + 10*int(id[4]-'0') + int(id[5]-'0')
}

// idSex returns the sex an id of 12 digits stands for.
func idSex(id string) Sex {
	if (id[3]-'0')%2 == 0 {
		return Male
	}
	return Female
}

// idTrouble is what is wrong with an id, with the words that fill the message.
type idTrouble struct {
	code     Code
	args     []any
	proposed string // the id a repair offers
}

// checkIDShape says why the cleaned cell is not 12 digits, or nil.
func checkIDShape(id string, birth Birth, sex Sex) *idTrouble {
	if isScientific(id) {
		return &idTrouble{code: IDScientific}
	}
	for i, r := range []rune(id) {
		if r < '0' || r > '9' {
			return &idTrouble{code: IDLetter, args: []any{i + 1, string(r)}}
		}
	}
	switch len(id) {
	case idLength:
		return nil
	case 10, 11:
		padded := strings.Repeat("0", idLength-len(id)) + id
		if knownProvinces()[padded[:3]] && birth.Year != 0 && sex != "" && checkIDPerson(padded, birth, sex) == nil {
			return &idTrouble{code: IDZeroLost, args: []any{idLength - len(id)}, proposed: padded}
		}
	case 9:
		return &idTrouble{code: IDOld}
	}
	return &idTrouble{code: IDLength, args: []any{len(id)}}
}

// checkIDPerson compares an id of 12 digits with birth and sex, as far as they
// are known: D2 sex, D3 century, D1 year of personal-id rules.
func checkIDPerson(id string, birth Birth, sex Sex) *idTrouble {
	year := idBirthYear(id)
	switch {
	case birth.Year != 0 && year%100 != birth.Year%100:
		return &idTrouble{code: IDYear, args: []any{id[4:6], birth.Year}}
	case birth.Year != 0 && year != birth.Year:
		return &idTrouble{code: IDCentury, args: []any{year, birth.Year}}
	case sex != "" && idSex(id) != sex:
		return &idTrouble{code: IDSex, args: []any{id[3:4], idSex(id).vi(), sex.vi()}}
	}
	return nil
}

// checkIDPlace keeps invented and real people apart, and flags a province
// nobody knows (a country code, an old code), which is no error.
func checkIDPlace(id string, demo bool) *idTrouble {
	province := id[:3]
	switch {
	case demo && province != demoProvince:
		return &idTrouble{code: IDRealInDemo}
	case !demo && province == demoProvince:
		return &idTrouble{code: IDDemoInReal}
	case province != demoProvince && !knownProvinces()[province]:
		return &idTrouble{code: IDProvince, args: []any{province}}
	}
	return nil
}

// isScientific reports whether a spreadsheet shortened a long number, as in
// 4.07952E+14: its digits are lost and no rule brings them back.
func isScientific(text string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(text), "E")
	if !found || mantissa == "" || exponent == "" {
		return false
	}
	digits := func(s, also string) bool {
		return strings.Trim(s, "0123456789"+also) == "" && strings.ContainsAny(s, "0123456789")
	}
	return digits(mantissa, ".,") && digits(exponent, "+-")
}

// maskDigits keeps the last four characters of a number, for tables and logs.
func maskDigits(text string) string {
	runes := []rune(text)
	if len(runes) <= 4 {
		return strings.Repeat("•", len(runes))
	}
	return fmt.Sprintf("…%s", string(runes[len(runes)-4:]))
}
