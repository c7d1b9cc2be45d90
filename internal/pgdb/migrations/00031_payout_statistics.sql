-- Why: a batch that was just planned is joined at once; until autovacuum looks, the planner would take its tables for empty and walk them for each row.

CREATE FUNCTION payout.analyse_plan() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    ANALYZE payout.payment;
    ANALYZE payout.entitlement;
    ANALYZE payout.section;
    ANALYZE payout.run;
    ANALYZE payout.batch;
END $$;
GRANT EXECUTE ON FUNCTION payout.analyse_plan() TO ansinh_engine;
