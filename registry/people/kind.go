package people

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
	KindAccount   Kind = "account"   // a changed account is the right one
	KindPayee     Kind = "payee"     // somebody receives for the person
	KindPayeeEnd  Kind = "payee_end" // nobody does any more
	KindJoin      Kind = "join"      // into a household
	KindLeave     Kind = "leave"     // out of it
	KindDeath     Kind = "death"
	KindDeathUndo Kind = "death_undo" // the report was wrong
	KindMerge     Kind = "merge"      // two records are one person
	KindUnmerge   Kind = "unmerge"    // they are two after all
)

// kindText says of each kind what people call it, whether a second person must seal
// it, and whether it needs a paper. Where money is handed out takes two as well:
// cash is fetched by whoever comes.
var kindText = []struct {
	kind       Kind
	two, paper bool
	vi, en     string
}{
	{KindName, true, true, "đổi họ tên", "name"},
	{KindID, true, true, "đổi số định danh", "personal id"},
	{KindBirth, true, true, "đổi ngày sinh, giới tính", "birth and sex"},
	{KindUnit, false, false, "chuyển nơi cư trú", "change of residence"},
	{KindServing, true, false, "đổi nơi nhận tiền", "serving commune"},
	{KindStanding, true, true, "tạm dừng, thôi hưởng, hưởng lại", "suspension, termination, resumption"},
	{KindChannel, true, false, "đổi phương thức chi trả", "payment method"},
	{KindAccount, true, false, "xác nhận tài khoản mới đổi", "confirmation of a changed account"},
	{KindPayee, true, true, "người nhận thay", "payee"},
	{KindPayeeEnd, false, false, "thôi người nhận thay", "end of a payee"},
	{KindJoin, false, false, "vào hộ", "joining a household"},
	{KindLeave, false, false, "ra khỏi hộ", "leaving a household"},
	{KindDeath, true, true, "báo tử", "death"},
	{KindDeathUndo, true, true, "hủy báo tử", "withdrawal of a death"},
	{KindMerge, true, true, "gộp hồ sơ", "merge of two records"},
	{KindUnmerge, true, true, "tách hồ sơ", "undoing of a merge"},
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
	for _, t := range kindText {
		if t.kind == k {
			return t.vi, t.en
		}
	}
	return string(k), string(k)
}

// needs reports whether the kind takes a second person and a paper.
func (k Kind) needs() (two, paper bool) {
	for _, t := range kindText {
		if t.kind == k {
			return t.two, t.paper
		}
	}
	return true, true
}
