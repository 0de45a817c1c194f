-- How transfers are booked on PostgreSQL in one round trip. Both functions say what they refuse in their answer and do not
-- raise it: nothing was written then, the caller's transaction goes on, and no savepoint is needed.
--
-- refusal is null where the transfers stand in the book, or one of: known (keys that were booked before, with what they were
-- bound to), closed, unknown, insufficient (with the minutes available and, of a batch, needed).

DROP FUNCTION IF EXISTS ledger_post_one(text, text, bigint, bigint, bigint, text, date, bigint, bigint, text, text, text,
                                        timestamptz);
DROP FUNCTION IF EXISTS ledger_post_batch(text[], text[], bigint[], bigint[], bigint[], text[], date[], bigint[], bigint[],
                                          text[], text[], text, timestamptz);

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


-- Balances are moved first, in ascending account id, and moved back in the rare case that nothing is to be booked: one
-- statement each instead of one to lock and one to move.
CREATE OR REPLACE FUNCTION ledger_book_one(
  p_key text, p_hash text, p_debit bigint, p_credit bigint, p_minutes bigint, p_kind text, p_worked_on date,
  p_hold bigint, p_reverses bigint, p_group text, p_memo text, p_actor text, p_at timestamptz,
  OUT refusal text, OUT id bigint, OUT payload_hash text, OUT posted_at timestamptz, OUT available bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_own bigint := CASE WHEN p_hold IS NULL THEN 0 ELSE p_minutes END;  -- What a capture's own hold set aside.
  v_debit_seq bigint;
  v_debit_after bigint;
  v_credit_seq bigint;
  v_credit_after bigint;
BEGIN
  IF p_credit < p_debit THEN
    UPDATE ledger_balance b SET posted = b.posted + p_minutes, seq = b.seq + 1 WHERE b.account_id = p_credit
    RETURNING b.seq, b.posted INTO v_credit_seq, v_credit_after;
  END IF;
  UPDATE ledger_balance b SET posted = b.posted - p_minutes, held = b.held - v_own, seq = b.seq + 1
   WHERE b.account_id = p_debit AND b.posted - b.held + v_own - b.floor >= p_minutes
  RETURNING b.seq, b.posted INTO v_debit_seq, v_debit_after;
  IF v_debit_seq IS NULL AND EXISTS (SELECT 1 FROM ledger_balance b WHERE b.account_id = p_debit) THEN
    SELECT r.refusal, r.id, r.payload_hash, r.posted_at, r.available
      INTO refusal, id, payload_hash, posted_at, available
      FROM ledger_make_room(p_key, p_debit, p_credit, p_minutes, v_own, p_at) r;
    IF refusal IS NULL THEN
      UPDATE ledger_balance b SET posted = b.posted - p_minutes, held = b.held - v_own, seq = b.seq + 1
       WHERE b.account_id = p_debit RETURNING b.seq, b.posted INTO v_debit_seq, v_debit_after;
    END IF;
  END IF;
  IF refusal IS NULL THEN
    IF p_credit > p_debit THEN
      UPDATE ledger_balance b SET posted = b.posted + p_minutes, seq = b.seq + 1 WHERE b.account_id = p_credit
      RETURNING b.seq, b.posted INTO v_credit_seq, v_credit_after;
    END IF;
    INSERT INTO ledger_transfer (key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, hold_id,
                                 reverses_id, group_id, actor_ref, memo)
    SELECT p_key, p_hash, d.id, c.id, p_minutes, p_kind, p_worked_on, p_at, p_hold, p_reverses, p_group, p_actor, p_memo
      FROM ledger_account d, ledger_account c
     WHERE d.id = p_debit AND d.closed_at IS NULL AND c.id = p_credit AND c.closed_at IS NULL
    ON CONFLICT (key) DO NOTHING RETURNING ledger_transfer.id INTO id;
    IF v_debit_seq IS NOT NULL AND v_credit_seq IS NOT NULL AND id IS NOT NULL THEN
      INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
      VALUES (p_debit, v_debit_seq, id, -p_minutes, v_debit_after), (p_credit, v_credit_seq, id, p_minutes, v_credit_after);
    ELSIF v_credit_seq IS NOT NULL AND id IS NOT NULL THEN
      INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
      VALUES (p_credit, v_credit_seq, id, p_minutes, v_credit_after);
    ELSIF v_debit_seq IS NOT NULL AND id IS NOT NULL THEN
      INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
      VALUES (p_debit, v_debit_seq, id, -p_minutes, v_debit_after);
    END IF;
    IF id IS NOT NULL THEN RETURN; END IF;
    SELECT t.id, t.payload_hash, t.posted_at INTO id, payload_hash, posted_at FROM ledger_transfer t WHERE t.key = p_key;
    refusal := CASE WHEN id IS NOT NULL THEN 'known'
                    WHEN (SELECT count(*) FROM ledger_account a WHERE a.id IN (p_debit, p_credit)) < 2 THEN 'unknown'
                    ELSE 'closed' END;
  END IF;
  IF v_credit_seq IS NOT NULL THEN
    UPDATE ledger_balance b SET posted = b.posted - p_minutes, seq = b.seq - 1 WHERE b.account_id = p_credit;
  END IF;
  IF v_debit_seq IS NOT NULL THEN
    UPDATE ledger_balance b SET posted = b.posted + p_minutes, held = b.held + v_own, seq = b.seq - 1
     WHERE b.account_id = p_debit;
  END IF;
END $$;

-- A debit of a bounded account whose balance has no room: its overdue holds are given back where that makes room. Nothing is
-- changed where the answer is a refusal.
CREATE OR REPLACE FUNCTION ledger_make_room(
  p_key text, p_debit bigint, p_credit bigint, p_minutes bigint, p_own bigint, p_at timestamptz,
  OUT refusal text, OUT id bigint, OUT payload_hash text, OUT posted_at timestamptz, OUT available bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  SELECT b.posted - b.held + p_own - b.floor INTO available
    FROM ledger_balance b WHERE b.account_id = p_debit FOR NO KEY UPDATE;
  SELECT t.id, t.payload_hash, t.posted_at INTO id, payload_hash, posted_at FROM ledger_transfer t WHERE t.key = p_key;
  IF FOUND THEN refusal := 'known'; RETURN; END IF;
  IF EXISTS (SELECT 1 FROM ledger_account a WHERE a.id IN (p_debit, p_credit) AND a.closed_at IS NOT NULL) THEN
    refusal := 'closed'; RETURN;
  END IF;
  IF (SELECT count(*) FROM ledger_account a WHERE a.id IN (p_debit, p_credit)) < 2 THEN
    refusal := 'unknown'; RETURN;
  END IF;
  SELECT available + coalesce(sum(h.minutes), 0) INTO available FROM ledger_hold h
   WHERE h.account_id = p_debit AND h.state = 'open' AND h.expires_at <= p_at;
  IF available < p_minutes THEN refusal := 'insufficient'; RETURN; END IF;
  PERFORM ledger_expire_holds(ARRAY[p_debit], p_at);
END $$;

-- A column of the batch whose values are all the same may come with that one value; holds and reverses may be empty.
CREATE OR REPLACE FUNCTION ledger_book_batch(
  p_keys text[], p_hashes text[], p_debits bigint[], p_credits bigint[], p_minutes bigint[], p_kinds text[],
  p_days date[], p_holds bigint[], p_reverses bigint[], p_groups text[], p_memos text[], p_actor text, p_at timestamptz,
  OUT refusal text, OUT ids bigint[], OUT known_keys text[], OUT known_hashes text[], OUT known_at timestamptz[],
  OUT available bigint, OUT needed bigint
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_size int := cardinality(p_keys);
  v_accounts bigint[];
  v_overdue bigint[];
  v_found bigint;
  v_closed bigint;
  v_other text;
BEGIN
  p_debits := CASE WHEN cardinality(p_debits) = 1 THEN array_fill(p_debits[1], ARRAY[v_size]) ELSE p_debits END;
  p_credits := CASE WHEN cardinality(p_credits) = 1 THEN array_fill(p_credits[1], ARRAY[v_size]) ELSE p_credits END;
  p_minutes := CASE WHEN cardinality(p_minutes) = 1 THEN array_fill(p_minutes[1], ARRAY[v_size]) ELSE p_minutes END;
  SELECT array_agg(DISTINCT a) INTO v_accounts FROM unnest(p_debits || p_credits) a;
  PERFORM 1 FROM ledger_balance b WHERE b.account_id = ANY(v_accounts) ORDER BY b.account_id FOR NO KEY UPDATE;
  SELECT array_agg(t.id), array_agg(t.key), array_agg(t.payload_hash), array_agg(t.posted_at)
    INTO ids, known_keys, known_hashes, known_at
    FROM unnest(p_keys) AS g(key) JOIN ledger_transfer t ON t.key = g.key;
  IF ids IS NOT NULL THEN refusal := 'known'; RETURN; END IF;
  SELECT count(*), count(a.closed_at) INTO v_found, v_closed FROM ledger_account a WHERE a.id = ANY(v_accounts);
  IF v_closed > 0 THEN refusal := 'closed'; RETURN; END IF;
  IF v_found < cardinality(v_accounts) THEN refusal := 'unknown'; RETURN; END IF;
  IF EXISTS (SELECT 1 FROM ledger_balance b WHERE b.account_id = ANY(p_debits)) THEN
    SELECT s.refusal, s.available, s.needed, s.overdue INTO refusal, available, needed, v_overdue
      FROM ledger_batch_room(p_debits, p_credits, p_minutes, p_holds, p_at) s;
    IF refusal IS NOT NULL THEN RETURN; END IF;
    IF v_overdue IS NOT NULL THEN PERFORM ledger_expire_holds(v_overdue, p_at); END IF;
  END IF;
  -- A seal waits for whoever holds this lock, so it is taken before ids are drawn, as an INSERT does by itself.
  LOCK TABLE ledger_transfer IN ROW EXCLUSIVE MODE;
  ids := ARRAY(SELECT nextval('ledger_transfer_id_seq') FROM generate_series(1, v_size));
  WITH written AS (
    INSERT INTO ledger_transfer (id, key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, hold_id,
                                 reverses_id, group_id, actor_ref, memo)
    SELECT g.id, g.key, g.hash, g.debit_id, g.credit_id, g.minutes, coalesce(g.kind, p_kinds[1]),
           coalesce(g.day, p_days[1]), p_at, g.hold_id, g.reverses_id, coalesce(g.group_id, p_groups[1]), p_actor,
           coalesce(g.memo, p_memos[1])
      FROM unnest(ids, p_keys, p_hashes, p_debits, p_credits, p_minutes, p_kinds, p_days, p_holds, p_reverses, p_groups,
                  p_memos)
        AS g(id, key, hash, debit_id, credit_id, minutes, kind, day, hold_id, reverses_id, group_id, memo)
    ON CONFLICT (key) DO NOTHING RETURNING 1
  )
  SELECT count(*) INTO v_found FROM written;
  IF v_found < v_size THEN
    -- Another transaction booked one of the keys since they were looked for. Whoever shares a bounded account with us
    -- waits for our locks, so these join system accounts only, and have no lines, or are bound to something else.
    SELECT array_agg(t.key) FILTER (WHERE t.id <> g.id), min(t.key) FILTER (WHERE t.payload_hash <> g.hash),
           array_agg(t.id ORDER BY g.ord) INTO known_keys, v_other, ids
      FROM unnest(ids, p_keys, p_hashes) WITH ORDINALITY AS g(id, key, hash, ord) JOIN ledger_transfer t ON t.key = g.key;
    IF v_other IS NOT NULL THEN
      RAISE EXCEPTION 'key reused at the same moment' USING ERRCODE = 'XL001', DETAIL = v_other;
    END IF;
  END IF;
  WITH line AS (
    SELECT u.ord, u.id, u.account_id, u.amount, u.own, b.seq, b.posted
      FROM (SELECT ord, id, debit_id, -minutes, CASE WHEN hold_id IS NULL THEN 0 ELSE minutes END
              FROM unnest(ids, p_debits, p_minutes, p_holds) WITH ORDINALITY AS d(id, debit_id, minutes, hold_id, ord)
            UNION ALL
            SELECT ord, id, credit_id, minutes, 0
              FROM unnest(ids, p_credits, p_minutes) WITH ORDINALITY AS c(id, credit_id, minutes, ord)
           ) AS u(ord, id, account_id, amount, own)
      JOIN ledger_balance b ON b.account_id = u.account_id
  ), moved AS (
    UPDATE ledger_balance b SET posted = b.posted + s.amount, held = b.held - s.own, seq = b.seq + s.lines
      FROM (SELECT account_id, sum(amount)::bigint AS amount, sum(own)::bigint AS own, count(*) AS lines
              FROM line GROUP BY account_id) s
     WHERE b.account_id = s.account_id
  )
  INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
  SELECT l.account_id, l.seq + row_number() OVER w, l.id, l.amount, l.posted + sum(l.amount) OVER w
    FROM line l
  WINDOW w AS (PARTITION BY l.account_id ORDER BY l.ord ROWS UNBOUNDED PRECEDING);
END $$;

-- Whether every step of a batch leaves each bounded account at or above its floor; `overdue` names the accounts whose
-- overdue holds must be given back first. The caller has locked the balances.
CREATE OR REPLACE FUNCTION ledger_batch_room(
  p_debits bigint[], p_credits bigint[], p_minutes bigint[], p_holds bigint[], p_at timestamptz,
  OUT refusal text, OUT available bigint, OUT needed bigint, OUT overdue bigint[]
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  WITH given AS (
    SELECT * FROM unnest(p_debits, p_credits, p_minutes, p_holds) WITH ORDINALITY
      AS u(debit_id, credit_id, minutes, hold_id, ord)
  ), step AS (
    SELECT line.ord, line.account_id, line.amount,
           b.posted - b.held - b.floor + coalesce(own.minutes, 0)
             + sum(line.amount) OVER (PARTITION BY line.account_id ORDER BY line.ord) AS room
      FROM (SELECT ord, debit_id AS account_id, -minutes AS amount FROM given
            UNION ALL SELECT ord, credit_id, minutes FROM given) line
      JOIN ledger_balance b ON b.account_id = line.account_id
      LEFT JOIN (SELECT debit_id, sum(minutes) AS minutes FROM given WHERE hold_id IS NOT NULL GROUP BY debit_id) own
        ON own.debit_id = line.account_id
  ), short AS (
    SELECT step.ord, step.account_id, step.amount,
           step.room + coalesce((SELECT sum(h.minutes) FROM ledger_hold h
                                  WHERE h.account_id = step.account_id AND h.state = 'open' AND h.expires_at <= p_at), 0) AS room
      FROM step WHERE step.amount < 0 AND step.room < 0
  )
  SELECT array_agg(DISTINCT s.account_id),
         (array_agg((s.room - s.amount)::bigint ORDER BY s.ord) FILTER (WHERE s.room < 0))[1],
         (array_agg(-s.amount ORDER BY s.ord) FILTER (WHERE s.room < 0))[1]
    INTO overdue, available, needed FROM short s;
  refusal := CASE WHEN needed IS NOT NULL THEN 'insufficient' END;
END $$;
