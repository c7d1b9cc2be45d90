package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// postVerify is POST /v1/accounts/verify: whose account is it?
func (b *bank) postVerify(r *request) reply {
	var q struct {
		BIN     string `json:"bin"`
		Account string `json:"account"`
		Name    string `json:"name"`
	}
	if err := json.Unmarshal(r.body, &q); err != nil || q.Account == "" || len(q.BIN) != 6 || !digits(q.BIN) {
		return errorReply(http.StatusBadRequest, "bin (6 digits), account and name are needed")
	}
	answer := struct {
		BIN     string `json:"bin"`
		Account string `json:"account"`
		Status  string `json:"status"`
		Holder  string `json:"holder"`
		Match   string `json:"match"`
	}{q.BIN, q.Account, "open", bankName(q.Name), "yes"}
	switch b.accountTrouble(q.BIN, q.Account) {
	case "AC01":
		answer.Status, answer.Holder, answer.Match = "unknown", "", "none"
	case "AC04":
		answer.Status, answer.Holder, answer.Match = "closed", "", "none"
	default:
		f := b.world.faultsNow()
		keeper := &bank{identity: identity{id: "all banks"}, world: b.world}
		if keeper.hit(f.NameDiffers, "name differs", q.BIN+"/"+q.Account, 0) {
			answer.Holder, answer.Match = "TRAN THI MAU KHAC", "no"
		}
	}
	return jsonReply(http.StatusOK, answer)
}

// marks are the letters of Vietnamese in both normal forms, by their plain
// letter; a combining mark has none.
var marks = func() map[rune]string {
	m := map[rune]string{}
	for plain, letters := range map[string]string{
		"A": "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ", "D": "Đ", "E": "ÈÉẺẼẸÊỀẾỂỄỆ", "I": "ÌÍỈĨỊ",
		"O": "ÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ", "U": "ÙÚỦŨỤƯỪỨỬỮỰ", "Y": "ỲÝỶỸỴ",
		"": "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323",
	} {
		for _, r := range letters {
			m[r] = plain
		}
	}
	return m
}()

// bankName is a name as banks keep it: upper-case ASCII.
func bankName(name string) string {
	var out strings.Builder
	for _, r := range strings.ToUpper(name) {
		if plain, ok := marks[r]; ok {
			out.WriteString(plain)
		} else if r < 0x80 {
			out.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}
