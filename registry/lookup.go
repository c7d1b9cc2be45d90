package registry

import (
	"strings"

	"ansinh/internal/crypt"
	"ansinh/internal/errs"
)

// LookupID brings a personal id as somebody said it into the form that is
// indexed: all 12 digits. A part of an id looks nobody up.
func LookupID(text string) (crypt.Secret, error) {
	id := cleanID(text)
	if len(id) != idLength || !allDigits(id) {
		return "", errs.Coded(errs.Invalid, "LOOKUP-ID", "Số định danh phải đủ 12 chữ số. / A personal id has all its 12 digits.", nil)
	}
	return crypt.Secret(id), nil
}

// LookupPhone brings a phone number as somebody said it into the form that is
// indexed: digits from the first 0, whether it came with +84 or without its zero.
func LookupPhone(text string) (crypt.Secret, error) {
	phone := phoneDigits(text)
	if !wholePhone(phone) {
		return "", errs.Coded(errs.Invalid, "LOOKUP-PHONE", "Số điện thoại phải đủ 10 chữ số và bắt đầu bằng 0. / A phone number has 10 digits and begins with 0.", nil)
	}
	return crypt.Secret(phone), nil
}

// phoneDigits drops what people put between digits, and puts back the zero that
// +84 or a number cell took away.
func phoneDigits(text string) string {
	phone := strings.ReplaceAll(cleanID(text), "+84", "0")
	if len(phone) == 9 && allDigits(phone) && phone[0] != '0' {
		phone = "0" + phone
	}
	return phone
}

func wholePhone(phone string) bool {
	return allDigits(phone) && len(phone) >= 10 && len(phone) <= 11 && phone[0] == '0'
}

// renumbering maps the prefixes of 11-digit mobile numbers to those that took
// their place in 2018.
var renumbering = map[string]string{
	"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
	"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
	"0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039",
	"0186": "056", "0188": "058", "0199": "059",
}

// renumbered returns the number an 11-digit one became.
func renumbered(phone string) (now string, old bool) {
	if len(phone) != 11 || !allDigits(phone) {
		return "", false
	}
	prefix, old := renumbering[phone[:4]]
	return prefix + phone[4:], old
}

// dialled reports whether a number begins as mobile or land lines do.
func dialled(phone string) bool { return strings.ContainsRune("235789", rune(phone[1])) }
