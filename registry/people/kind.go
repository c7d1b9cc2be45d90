package people

import "slices"

// Kind is what an act changes.
type Kind string

// The kinds of acts.
const (
	KindName      Kind = "name"      // the name, corrected or changed
	KindID        Kind = "id"        // the personal id
	KindBirth     Kind = "birth"     // birth and sex
	KindUnit      Kind = "unit"      // the home commune: whose list the person is on
	KindServing   Kind = "serving"   // the commune that serves: the pay point only
	KindStanding  Kind = "standing"  // a right suspended, ended, or active again
	KindChannel   Kind = "channel"   // the person's own way of payment
	KindPayee     Kind = "payee"     // somebody receives for the person
	KindPayeeEnd  Kind = "payee_end" // nobody does any more
	KindJoin      Kind = "join"      // into a household
	KindLeave     Kind = "leave"     // out of it
	KindDeath     Kind = "death"
	KindDeathUndo Kind = "death_undo" // the report was wrong
	KindMerge     Kind = "merge"      // two records are one person
	KindUnmerge   Kind = "unmerge"    // they are two after all
)

// kindText says of each kind what people call it and whether a second person must
// seal it. Of a channel the content decides: an account can divert money, cash at
// the commune cannot.
var kindText = []struct {
	kind   Kind
	two    bool
	vi, en string
}{
	{KindName, true, "đổi họ tên", "name"},
	{KindID, true, "đổi số định danh", "personal id"},
	{KindBirth, true, "đổi ngày sinh, giới tính", "birth and sex"},
	{KindUnit, false, "chuyển nơi cư trú", "change of residence"},
	{KindServing, false, "đổi nơi nhận tiền", "serving commune"},
	{KindStanding, true, "tạm dừng, thôi hưởng, hưởng lại", "suspension, termination, resumption"},
	{KindChannel, false, "đổi phương thức chi trả", "payment method"},
	{KindPayee, true, "người nhận thay", "payee"},
	{KindPayeeEnd, false, "thôi người nhận thay", "end of a payee"},
	{KindJoin, false, "vào hộ", "joining a household"},
	{KindLeave, false, "ra khỏi hộ", "leaving a household"},
	{KindDeath, true, "báo tử", "death"},
	{KindDeathUndo, true, "hủy báo tử", "withdrawal of a death"},
	{KindMerge, true, "gộp hồ sơ", "merge of two records"},
	{KindUnmerge, true, "tách hồ sơ", "undoing of a merge"},
}

// Kinds lists all kinds in the order in which people read them.
func Kinds() []Kind {
	var all []Kind
	for _, k := range kindText {
		all = append(all, k.kind)
	}
	return all
}

// Words returns what people call the kind.
func (k Kind) Words() (vi, en string) {
	i := slices.IndexFunc(kindText, func(t struct {
		kind   Kind
		two    bool
		vi, en string
	}) bool {
		return t.kind == k
	})
	if i < 0 {
		return string(k), string(k)
	}
	return kindText[i].vi, kindText[i].en
}

// twoPeople reports whether the kind always takes a second person.
func (k Kind) twoPeople() bool {
	for _, t := range kindText {
		if t.kind == k {
			return t.two
		}
	}
	return true
}
