-- Why: storing lines cost more than it must: a BRIN on voucher took a quarter of each COPY and nothing read it, and attaching a large batch scanned its lines five times.

-- dress() gives one leaf table its checks, key and guards, before it is attached.
-- No index on voucher: a voucher's lines are found through its batch, or, without
-- a payment, by its own number; both begin the key.
CREATE OR REPLACE FUNCTION ledger.dress(part text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM ledger.sane(part);
    PERFORM ledger.close_up(part);
END $$;

CREATE FUNCTION ledger.sane(part text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    EXECUTE format('ALTER TABLE ledger.%I
        ADD CONSTRAINT %I CHECK (amount > 0 AND debit <> credit AND seq > 0 AND attempt >= 0 AND about >= 0 AND about <= attempt)',
        part, part || '_sane');
END $$;

CREATE FUNCTION ledger.close_up(part text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    EXECUTE format('ALTER TABLE ledger.%I ADD PRIMARY KEY (batch, payment, seq)', part);
    PERFORM guard.append_only(format('ledger.%I', part)::regclass);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO ansinh_engine', part);
    EXECUTE format('GRANT SELECT ON ledger.%I TO ansinh_reader', part);
END $$;

-- ledger_load() makes the private table for the first approval of a large batch.
-- It takes nothing but sane first lines of its batch: checked as they are copied,
-- they need not be read again when it is attached.
CREATE OR REPLACE FUNCTION ledger.ledger_load(batch integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE part text := format('line_b%s_1', batch);
BEGIN
    IF batch NOT BETWEEN 840000 AND 1679615 THEN
        RAISE EXCEPTION 'ledger_load: batch % is not in the range of large batches', batch;
    END IF;
    IF ledger.has_table(part) THEN RETURN NULL; END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(7211001, batch);
    IF ledger.has_table(part) THEN RETURN NULL; END IF;
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line,
        CONSTRAINT %I CHECK (batch = %s AND batch IS NOT NULL), CONSTRAINT %I CHECK (seq = 1 AND seq IS NOT NULL))',
        part, format('line_b%s_place', batch), batch, part || '_place');
    PERFORM ledger.sane(part);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO ansinh_engine', part);
    RETURN part;
END $$;

-- ledger_attach() keys, guards and attaches what ledger_load() made, with empty
-- partitions for seq 2, 3 and 4 and above. A small sample is enough to know that
-- payments are spread evenly, which is all the planner asks.
CREATE OR REPLACE FUNCTION ledger.ledger_attach(batch integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET default_statistics_target = 10 AS $$
DECLARE
    first_part text := format('line_b%s_1', batch);
    whole text := format('line_b%s', batch);
    part text;
    bounds text[] := ARRAY['FROM (2) TO (3)', 'FROM (3) TO (4)', 'FROM (4) TO (MAXVALUE)'];
BEGIN
    PERFORM ledger.close_up(first_part);
    EXECUTE format('ANALYZE ledger.%I', first_part);
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line, CONSTRAINT %I CHECK (batch = %s AND batch IS NOT NULL)) PARTITION BY RANGE (seq)',
        whole, whole || '_place', batch);
    PERFORM guard.append_only(format('ledger.%I', whole)::regclass);
    EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (1) TO (2)', whole, first_part);
    FOR i IN 1..3 LOOP
        part := format('line_b%s_%s', batch, i + 1);
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line, CONSTRAINT %I CHECK (batch = %s AND batch IS NOT NULL))',
            part, whole || '_place', batch);
        PERFORM ledger.dress(part);
        EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES %s', whole, part, bounds[i]);
    END LOOP;
    EXECUTE format('ALTER TABLE ledger.line ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)', whole, batch, batch + 1);
END $$;

DO $$
DECLARE index text;
BEGIN
    FOR index IN
        SELECT format('%I.%I', n.nspname, c.relname)
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = 'ledger' AND c.relkind = 'i' AND a.amname = 'brin'
    LOOP
        EXECUTE 'DROP INDEX ' || index;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.sane(text), ledger.close_up(text) FROM PUBLIC;
