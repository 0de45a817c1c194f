-- The ledger on PostgreSQL: what may never change, and how transfers are posted in one round trip.

CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'XL010';
END $$;

CREATE TRIGGER ledger_transfer_stands BEFORE UPDATE OR DELETE ON ledger_transfer
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_stands BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_seal_stands BEFORE UPDATE OR DELETE ON ledger_seal
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_transfer_kept BEFORE TRUNCATE ON ledger_transfer
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_kept BEFORE TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_seal_kept BEFORE TRUNCATE ON ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Give back the overdue holds of some accounts whose balance rows the caller has locked.
CREATE OR REPLACE FUNCTION ledger_expire_holds(p_accounts bigint[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH overdue AS (
    UPDATE ledger_hold SET state = 'expired', ended_at = p_at
     WHERE account_id = ANY(p_accounts) AND state = 'open' AND expires_at <= p_at
    RETURNING account_id, minutes
  ), freed AS (
    SELECT account_id, sum(minutes)::bigint AS minutes FROM overdue GROUP BY account_id
  )
  UPDATE ledger_balance b SET held = b.held - freed.minutes FROM freed WHERE b.account_id = freed.account_id
$$;

CREATE OR REPLACE FUNCTION ledger_post_one(
  p_key text, p_hash text, p_debit bigint, p_credit bigint, p_minutes bigint, p_kind text, p_worked_on date,
  p_hold bigint, p_reverses bigint, p_group text, p_memo text, p_actor text, p_at timestamptz
) RETURNS TABLE (key text, id bigint, is_new boolean, posted_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_id bigint;
  v_known record;
  v_balance record;
  v_debit ledger_balance%ROWTYPE;
  v_room bigint;
BEGIN
  PERFORM pg_current_xact_id();  -- A seal waits for every transaction that may have drawn an id.
  FOR v_balance IN
    SELECT * FROM ledger_balance b WHERE b.account_id IN (p_debit, p_credit) ORDER BY b.account_id FOR NO KEY UPDATE
  LOOP
    IF v_balance.account_id = p_debit THEN v_debit := v_balance; END IF;
  END LOOP;
  INSERT INTO ledger_transfer (key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, hold_id,
                               reverses_id, group_id, actor_ref, memo)
  SELECT p_key, p_hash, p_debit, p_credit, p_minutes, p_kind, p_worked_on, p_at, p_hold, p_reverses, p_group, p_actor, p_memo
   WHERE (SELECT count(*) FROM ledger_account a WHERE a.id IN (p_debit, p_credit) AND a.closed_at IS NULL) = 2
  ON CONFLICT (key) DO NOTHING RETURNING ledger_transfer.id INTO v_id;
  IF v_id IS NULL THEN
    SELECT t.id, t.payload_hash, t.posted_at INTO v_known FROM ledger_transfer t WHERE t.key = p_key;
    IF v_known.id IS NULL THEN
      IF (SELECT count(*) FROM ledger_account a WHERE a.id IN (p_debit, p_credit)) < 2 THEN
        RAISE EXCEPTION 'unknown account' USING ERRCODE = 'XL004';
      END IF;
      RAISE EXCEPTION 'closed account' USING ERRCODE = 'XL003';
    END IF;
    IF v_known.payload_hash <> p_hash THEN
      RAISE EXCEPTION 'key reused' USING ERRCODE = 'XL001', DETAIL = p_key;
    END IF;
    RETURN QUERY SELECT p_key, v_known.id::bigint, false, v_known.posted_at::timestamptz;
    RETURN;
  END IF;
  IF v_debit.account_id IS NOT NULL THEN
    v_room := CASE WHEN p_hold IS NULL THEN 0 ELSE p_minutes END;
    IF v_debit.posted - v_debit.held + v_room - v_debit.floor < p_minutes THEN
      PERFORM ledger_expire_holds(ARRAY[p_debit], p_at);
      SELECT * INTO v_debit FROM ledger_balance b WHERE b.account_id = p_debit;
      IF v_debit.posted - v_debit.held + v_room - v_debit.floor < p_minutes THEN
        RAISE EXCEPTION 'insufficient minutes' USING ERRCODE = 'XL002',
          DETAIL = format('%s %s', v_debit.posted - v_debit.held + v_room - v_debit.floor, p_minutes);
      END IF;
    END IF;
  END IF;
  WITH side(account_id, amount) AS (
    VALUES (p_debit, -p_minutes), (p_credit, p_minutes)
  ), moved AS (
    UPDATE ledger_balance b SET posted = b.posted + side.amount, seq = b.seq + 1,
           held = b.held - CASE WHEN side.amount < 0 THEN coalesce(v_room, 0) ELSE 0 END
      FROM side WHERE b.account_id = side.account_id
    RETURNING b.account_id, b.seq, side.amount, b.posted
  )
  INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
  SELECT m.account_id, m.seq, v_id, m.amount, m.posted FROM moved m;
  RETURN QUERY SELECT p_key, v_id, true, p_at;
END $$;

CREATE OR REPLACE FUNCTION ledger_post_batch(
  p_keys text[], p_hashes text[], p_debits bigint[], p_credits bigint[], p_minutes bigint[], p_kinds text[],
  p_days date[], p_holds bigint[], p_reverses bigint[], p_groups text[], p_memos text[], p_actor text, p_at timestamptz
) RETURNS TABLE (key text, id bigint, is_new boolean, posted_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_accounts bigint[];
  v_bad record;
  v_first bigint;
  v_short bigint[];
BEGIN
  PERFORM pg_current_xact_id();
  SELECT array_agg(DISTINCT a) INTO v_accounts FROM unnest(p_debits || p_credits) a;
  PERFORM 1 FROM ledger_balance b WHERE b.account_id = ANY(v_accounts) ORDER BY b.account_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = ANY(v_accounts) AND a.closed_at IS NOT NULL) THEN
    -- A repeated batch is answered even if an account was closed since.
    IF EXISTS (SELECT 1 FROM unnest(p_keys) k WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer t WHERE t.key = k)) THEN
      RAISE EXCEPTION 'closed account' USING ERRCODE = 'XL003';
    END IF;
  END IF;
  IF (SELECT count(*) FROM ledger_account a WHERE a.id = ANY(v_accounts)) < cardinality(v_accounts) THEN
    RAISE EXCEPTION 'unknown account' USING ERRCODE = 'XL004';
  END IF;
  CREATE TEMP TABLE IF NOT EXISTS ledger_batch (
    ord bigint, id bigint, debit_id bigint, credit_id bigint, minutes bigint, hold_id bigint
  ) ON COMMIT DELETE ROWS;
  DELETE FROM ledger_batch;
  WITH given AS (
    SELECT * FROM unnest(p_keys, p_hashes, p_debits, p_credits, p_minutes, p_kinds, p_days, p_holds, p_reverses,
                         p_groups, p_memos) WITH ORDINALITY
      AS g(key, hash, debit_id, credit_id, minutes, kind, day, hold_id, reverses_id, group_id, memo, ord)
  ), written AS (
    INSERT INTO ledger_transfer (key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, hold_id,
                                 reverses_id, group_id, actor_ref, memo)
    SELECT g.key, g.hash, g.debit_id, g.credit_id, g.minutes, g.kind, g.day, p_at, g.hold_id, g.reverses_id,
           g.group_id, p_actor, g.memo
      FROM given g ORDER BY g.ord
    ON CONFLICT (key) DO NOTHING
    RETURNING ledger_transfer.id, ledger_transfer.key
  )
  INSERT INTO ledger_batch
  SELECT g.ord, w.id, g.debit_id, g.credit_id, g.minutes, g.hold_id FROM given g JOIN written w ON w.key = g.key;
  SELECT t.key INTO v_bad
    FROM unnest(p_keys, p_hashes) AS g(key, hash) JOIN ledger_transfer t ON t.key = g.key
   WHERE t.payload_hash <> g.hash LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'key reused' USING ERRCODE = 'XL001', DETAIL = v_bad.key;
  END IF;
  -- Captures spend what their own holds set aside.
  UPDATE ledger_balance b SET held = b.held - freed.minutes
    FROM (SELECT debit_id, sum(minutes)::bigint AS minutes FROM ledger_batch WHERE hold_id IS NOT NULL GROUP BY debit_id) freed
   WHERE b.account_id = freed.debit_id;
  FOR v_round IN 1..2 LOOP
    SELECT array_agg(DISTINCT s.account_id) INTO v_short FROM (
      SELECT line.account_id, line.amount,
             b.posted - b.held - b.floor + sum(line.amount) OVER (PARTITION BY line.account_id ORDER BY line.ord) AS room
        FROM (SELECT ord, debit_id AS account_id, -minutes AS amount FROM ledger_batch
              UNION ALL SELECT ord, credit_id, minutes FROM ledger_batch) line
        JOIN ledger_balance b ON b.account_id = line.account_id
    ) s WHERE s.amount < 0 AND s.room < 0;
    EXIT WHEN v_short IS NULL;
    IF v_round = 1 THEN
      PERFORM ledger_expire_holds(v_short, p_at);
    ELSE
      SELECT b.posted - b.held - b.floor AS available,
             (SELECT sum(minutes) FROM ledger_batch x WHERE x.debit_id = b.account_id) AS needed INTO v_bad
        FROM ledger_balance b WHERE b.account_id = v_short[1];
      RAISE EXCEPTION 'insufficient minutes' USING ERRCODE = 'XL002',
        DETAIL = format('%s %s', v_bad.available, v_bad.needed);
    END IF;
  END LOOP;
  WITH line AS (
    SELECT ord, id, debit_id AS account_id, -minutes AS amount FROM ledger_batch
    UNION ALL SELECT ord, id, credit_id, minutes FROM ledger_batch
  ), running AS (
    SELECT l.account_id, l.id, l.amount,
           b.seq + row_number() OVER (PARTITION BY l.account_id ORDER BY l.ord) AS seq,
           b.posted + sum(l.amount) OVER (PARTITION BY l.account_id ORDER BY l.ord) AS balance_after
      FROM line l JOIN ledger_balance b ON b.account_id = l.account_id
  )
  INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
  SELECT account_id, seq, id, amount, balance_after FROM running;
  UPDATE ledger_balance b SET posted = b.posted + moved.amount, seq = b.seq + moved.lines
    FROM (SELECT account_id, sum(amount)::bigint AS amount, count(*) AS lines FROM (
            SELECT debit_id AS account_id, -minutes AS amount FROM ledger_batch
            UNION ALL SELECT credit_id, minutes FROM ledger_batch) line
           GROUP BY account_id) moved
   WHERE b.account_id = moved.account_id;
  RETURN QUERY
    SELECT t.key::text, t.id::bigint, n.id IS NOT NULL, t.posted_at
      FROM unnest(p_keys) WITH ORDINALITY AS g(key, ord)
      JOIN ledger_transfer t ON t.key = g.key
      LEFT JOIN ledger_batch n ON n.id = t.id
     ORDER BY g.ord;
END $$;
