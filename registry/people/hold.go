package people

import "fmt"

// Hold is why payments rest: a code that programs compare, such as death/7, and
// one line of words for people. A payment may rest for several.
type Hold struct {
	Reason string
	Why    string
}

// deathHold is why payments rest whose person was reported dead by the act.
func deathHold(act int64) Hold {
	return Hold{Reason: fmt.Sprintf("death/%d", act), Why: fmt.Sprintf("Báo tử, việc %d / Death, act %d", act, act)}
}

// heirsHold is why money to the heirs of somebody alive rests.
func heirsHold(act int64) Hold {
	return Hold{Reason: fmt.Sprintf("heirs/%d", act), Why: fmt.Sprintf("Hủy báo tử, việc %d / Death withdrawn, act %d", act, act)}
}

// DoubleHold is why payments rest that a merge showed to be paid twice.
func DoubleHold(act int64) Hold {
	return Hold{Reason: fmt.Sprintf("double/%d", act),
		Why: fmt.Sprintf("Trùng quyền lợi sau khi gộp hồ sơ, việc %d / Claimed twice, merge %d", act, act)}
}
