package records

// Queries are those whose cost must not grow with a batch, by name.
var Queries = map[string]string{
	"payment rows": sqlPaymentRows, "payments in a state": sqlInState, "doubts": sqlDoubtsAfter, "doubt figures": sqlDoubtFigures,
	"trail head": sqlTrailHead, "trail attempts": sqlTrailAttempts, "trail facts": sqlTrailFacts, "trail entitlements": sqlTrailEntitlements,
	"trail answers": sqlTrailAnswers, "trail evidence": sqlTrailEvidence, "trail withdrawals": sqlTrailWithdrawals,
	"aside": sqlAsideAfter, "stages": sqlStageSums, "all doubts": sqlDoubts, "doubt sums": sqlDoubtSums,
	"sections": sqlSectionRows, "waiting": sqlWaiting, "desk": sqlDesk, "channels": sqlChannels, "stretches": sqlStretches, "today": sqlToday,
}
