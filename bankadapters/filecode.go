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
