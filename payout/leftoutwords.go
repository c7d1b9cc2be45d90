package payout

// LeftOutWords says in Vietnamese and English why a plan left a row out; a reason
// nobody knows stands for itself.
func LeftOutWords(reason string) string { return leftOutWords(reason) }
