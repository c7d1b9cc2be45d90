-- Why: the console's lists walk keys at ten million payments; each index here is the order or the filter of one list, and a test asks the planner.

-- In doubt, oldest first.
CREATE INDEX exception_doubt ON payout.exception (opened_at, batch, payment, attempt) WHERE closed_at IS NULL AND kind = 'doubt';
-- What a bank may still take today; the dispatch asks the same.
CREATE INDEX submission_execution ON payout.submission (execution, channel) INCLUDE (count, total, state);
-- Open breaks of all banks: oldest first, and the largest first.
CREATE INDEX break_item_oldest ON reconciliation.break_item (id) WHERE closed_at IS NULL;
CREATE INDEX break_item_largest ON reconciliation.break_item (amount DESC, id) WHERE closed_at IS NULL;
-- Files of one bank, newest first.
CREATE INDEX file_channel ON reconciliation.file (channel, id);
-- The audit log by time, by who and by what.
CREATE INDEX record_at ON audit.record (at, id);
CREATE INDEX record_actor_at ON audit.record (actor, at, id);
CREATE INDEX record_act_at ON audit.record (act, at, id);
