package registry

import (
	"fmt"

	"ansinh/internal/crypt"
	"ansinh/internal/errs"
)

// CheckID holds an id somebody brings against what is known of the person, by the
// rules of the intake: shape, century, year, sex, and that invented and real ids
// never meet. Its errors carry the intake's codes. A province nobody knows is no
// error.
func CheckID(id crypt.Secret, birth Birth, sex Sex, demo bool) error {
	text := id.Reveal()
	trouble := checkIDShape(text, birth, sex)
	if trouble == nil {
		trouble = checkIDPerson(text, birth, sex)
	}
	if trouble == nil {
		if place := checkIDPlace(text, demo); place != nil && place.code != IDProvince {
			trouble = place
		}
	}
	if trouble == nil {
		return nil
	}
	vi, en := Finding{Code: trouble.code, args: trouble.args}.Reason()
	return errs.Coded(errs.Invalid, string(trouble.code), fmt.Sprintf("Số định danh: %s. / Personal id: %s.", vi, en), nil)
}
