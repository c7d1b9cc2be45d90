// Package vntext compares and writes Vietnamese text.
//
// # The rule
//
// One name has many spellings: composed or decomposed Unicode, Hoà or Hòa, Lý
// or Lí, capitals, double spaces, no marks at all in a bank's answer. A
// comparison here forgives exactly what its name says, and its key is for
// finding and comparing only: what people see and sign is always the text they
// wrote, in NFC.
//
// # The picture
//
//	"Nguyễn  Văn HOÀ"  NFC --------> "Nguyễn  Văn HOÀ"   store and show
//	                   Fold -------> "nguyen van hoa"    compare names
//	                   FoldTight --> "nguyenvanhoa"      column headers, bank names
//	                   FoldLoose --> as FoldTight, Lý = Lí: look for namesakes
//	                   BankASCII --> "NGUYEN VAN HOA"    transfer messages
//
//	"NguyÔn V¨n Hoµ"  Evidence ---> TCVN3, and Decode makes it Unicode
//
// # What this package does not do
//
// Equal keys never prove one person: a human decides on differences, and ids
// decide who is who. It converts TCVN3 and VNI when told to; a verdict from the
// words of a text is a suggestion that a person confirms.
package vntext
