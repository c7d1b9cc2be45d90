-- Why: records that an auditor relies on must refuse change even to the role that owns them.
--
-- guard.append_only(table) puts two triggers on one table; a partition needs its
-- own call, because a DELETE or TRUNCATE that names the partition does not fire
-- its parent's triggers.

-- Grants are explicit, for functions too: PostgreSQL would let everybody run
-- them, and some of ours run with the owner's rights.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA guard;
GRANT USAGE ON SCHEMA guard TO ansinh_engine, ansinh_reader;

CREATE FUNCTION guard.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path TO ''
AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
        USING ERRCODE = 'AN001',
              HINT = 'Write a new row that corrects the old one.';
END
$$;

CREATE FUNCTION guard.append_only(target regclass) RETURNS void
    LANGUAGE plpgsql SET search_path TO ''
AS $$
BEGIN
    EXECUTE pg_catalog.format(
        'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', target);
    EXECUTE pg_catalog.format(
        'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', target);
END
$$;
