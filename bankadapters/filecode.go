package bankadapters

// The codes of a [FileError], stable for docs/ERRORS.md. The readers of all
// rails share them, so that an officer learns each once.
const (
	CodeSyntax    = "FILE-SYNTAX"    // not well-formed, or not the format the kind promises
	CodeEncoding  = "FILE-ENCODING"  // not UTF-8, or a control character
	CodeDoctype   = "FILE-DOCTYPE"   // a document type declaration, which could pull in other files
	CodeEntity    = "FILE-ENTITY"    // an entity other than the five of XML and numeric ones
	CodeLimit     = "FILE-LIMIT"     // too deep, or one item too long
	CodeTruncated = "FILE-TRUNCATED" // the file ends early
	CodeNamespace = "FILE-NAMESPACE" // another message or version than expected
	CodeMissing   = "FILE-MISSING"   // a required item is absent
	CodeRepeated  = "FILE-REPEATED"  // an item that may stand once stands twice
	CodeValue     = "FILE-VALUE"     // an item holds something it cannot hold
	CodeAmount    = "FILE-AMOUNT"    // not whole đồng above zero
	CodeCurrency  = "FILE-CURRENCY"  // a currency other than VND
	CodeDate      = "FILE-DATE"      // not a day or moment of the calendar
	CodeBalance   = "FILE-BALANCE"   // opening + entries ≠ closing
	CodeCount     = "FILE-COUNT"     // the declared number of entries is another
	CodeSum       = "FILE-SUM"       // the declared sum is another
	CodeDetail    = "FILE-DETAIL"    // details of a bulk entry do not add up to it
	CodeSeveral   = "FILE-SEVERAL"   // several statements in one file
	CodeDigest    = "FILE-DIGEST"    // the digest in the last line is another
)

// FileReasons says each code in Vietnamese, in the words of docs/ERRORS.md; the
// readers' own detail is English.
var FileReasons = map[string]string{
	CodeSyntax:    "sai định dạng, hoặc có mật khẩu",
	CodeEncoding:  "không phải UTF-8 hoặc có ký tự điều khiển",
	CodeDoctype:   "có khai báo kiểu tài liệu, có thể kéo theo tệp khác",
	CodeEntity:    "có thực thể lạ",
	CodeLimit:     "lồng quá sâu hoặc một mục quá dài",
	CodeTruncated: "tệp bị cắt giữa chừng",
	CodeNamespace: "thông điệp hoặc phiên bản khác với loại tệp",
	CodeMissing:   "thiếu một mục bắt buộc",
	CodeRepeated:  "một mục chỉ được có một lần lại có hai lần",
	CodeValue:     "một mục có giá trị không thể có",
	CodeAmount:    "số tiền không phải số nguyên đồng lớn hơn 0",
	CodeCurrency:  "loại tiền khác VND",
	CodeDate:      "không phải một ngày, giờ có thật",
	CodeBalance:   "số dư đầu cộng các bút toán khác số dư cuối",
	CodeCount:     "số bút toán khác số đã khai",
	CodeSum:       "tổng khác tổng đã khai",
	CodeDetail:    "chi tiết không cộng thành bút toán gộp",
	CodeSeveral:   "nhiều sao kê trong một tệp",
	CodeDigest:    "mã kiểm tra ở dòng cuối không khớp",
}
