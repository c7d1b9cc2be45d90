package demolist

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// defect is one thing wrong with a row of the Tet list.
type defect int

const (
	sound defect = iota
	idYear
	idLong
	idScientific
	idLetter
	idReal
	categoryUnknown
	methodMissing
	birthImpossible
	rowTwice
	accountMissing
	accountShort
	bankUnknown
	holderDiffers
)

// defectCodes says by which finding the intake must refuse the row.
var defectCodes = map[defect]string{
	idYear:          "LIST-ID-YEAR",
	idLong:          "LIST-ID-LENGTH",
	idScientific:    "LIST-ID-SCIENTIFIC",
	idLetter:        "LIST-ID-LETTER",
	idReal:          "LIST-ID-REAL",
	categoryUnknown: "LIST-CATEGORY-UNKNOWN",
	methodMissing:   "LIST-METHOD-MISSING",
	birthImpossible: "LIST-BIRTH-SHAPE",
	rowTwice:        "LIST-ROW-TWICE",
	accountMissing:  "LIST-ACCOUNT-MISSING",
	accountShort:    "LIST-ACCOUNT-SHAPE",
	bankUnknown:     "LIST-BANK-UNKNOWN",
	holderDiffers:   "LIST-HOLDER-DIFFERS",
}

// pickDefect spoils an account only where there is one. A person on two rows
// stays sound: which of the rows is refused should not depend on their order.
func pickDefect(rng *rand.Rand, p person) defect {
	last := rowTwice
	if p.method == byAccount {
		last = holderDiffers
	}
	kind := defect(1 + rng.IntN(int(last)))
	if p.also != 0 {
		return sound
	}
	return kind
}

// spoil changes the cells of a row as its defect says.
func (p person) spoil(c *cells) {
	switch p.defect {
	case idYear:
		// Another year, and digits that no unit gives out: the wrong id must not
		// be the right one of somebody else.
		c.id = fmt.Sprintf("%s%02d%06d", p.id[:4], (p.born+1)%100, placesMax*idsPerUnit+p.serial%64)
	case idLong:
		c.id = p.id + "7"
	case idScientific:
		c.id = p.id[4:5] + "." + p.id[5:9] + "E+09"
	case idLetter:
		c.id = p.id[:11] + "O"
	case idReal:
		c.id = "001" + p.id[3:]
	case categoryUnknown:
		c.category = "TET-2026"
	case methodMissing:
		c.method = ""
	case birthImpossible:
		c.birth = fmt.Sprintf("31/02/%d", p.born)
	case accountMissing:
		c.account = ""
	case accountShort:
		c.account = p.account[:5]
	case bankUnknown:
		c.bank = "Ngân hàng Mẫu Z"
	case holderDiffers:
		c.holder = "NGUOI KHAC " + strings.ToUpper(string(rune('A'+p.serial%26)))
	case sound, rowTwice:
	}
}
