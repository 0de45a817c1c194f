-- Somebody takes a place for themselves, in one statement (activities/actions/taking.py): the person's lock, then the shift's
-- place, the sign-up, the audit line, the event and its deliveries.
--
-- The caller has decided on what it read without a lock. Null, and nothing written, where that no longer holds: the caller then
-- decides anew. It holds where the person is still there, with an active passbook, the same verified qualifications and the same
-- sign-ups around the shift (p_held_…, by time; null where there are none), and the shift is as it was and has a place.
CREATE OR REPLACE FUNCTION activities_take(
  p_person bigint, p_shift bigint, p_starts timestamptz, p_ends timestamptz, p_taken_max int,
  p_after timestamptz, p_before timestamptz, p_qualifications bigint[],
  p_held bigint[], p_held_states text[], p_held_starts timestamptz[], p_held_ends timestamptz[],
  p_at timestamptz, p_actor text, p_note text, p_listeners text[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_held bigint[]; v_states text[]; v_starts timestamptz[]; v_ends timestamptz[];
  v_signup bigint;
  v_event bigint;
BEGIN
  PERFORM 1 FROM person WHERE id = p_person AND erased_at IS NULL FOR NO KEY UPDATE;
  -- Each statement from here on sees what was committed before the lock was had.
  IF NOT FOUND
     OR NOT EXISTS (SELECT 1 FROM passbook WHERE person_id = p_person AND state = 'active')
     OR p_qualifications IS DISTINCT FROM (
       SELECT array_agg(id ORDER BY id) FROM qualification WHERE person_id = p_person AND state = 'verified'
     )
  THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(id), array_agg(state), array_agg(starts_at), array_agg(ends_at)
    INTO v_held, v_states, v_starts, v_ends
    FROM (
      SELECT own.id, own.state::text, shift.starts_at, shift.ends_at
        FROM signup AS own JOIN shift ON shift.id = own.shift_id
       WHERE own.person_id = p_person AND own.state IN ('requested', 'waiting', 'confirmed', 'offered')
         AND shift.starts_at < p_before AND shift.starts_at > p_after
       ORDER BY shift.starts_at, own.id
    ) AS held;
  IF (v_held, v_states, v_starts, v_ends) IS DISTINCT FROM (p_held, p_held_states, p_held_starts, p_held_ends) THEN
    RETURN NULL;
  END IF;
  UPDATE shift SET taken = taken + 1
   WHERE id = p_shift AND is_open AND starts_at = p_starts AND ends_at = p_ends AND taken <= p_taken_max AND taken < places;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  INSERT INTO signup (shift_id, person_id, state, signed_up_at, signed_up_by_ref, note, cancelled_by_ref)
  VALUES (p_shift, p_person, 'confirmed', p_at, p_actor, p_note, '') RETURNING id INTO v_signup;
  INSERT INTO audit_entry (at, actor_ref, action, object_ref, detail)
  VALUES (
    p_at, p_actor, 'activities.sign_up', 'signup:' || v_signup,
    jsonb_build_object('shift', p_shift, 'person', p_person)
  );
  INSERT INTO outbox_event (name, payload, published_at)
  VALUES (
    'activities.signed_up',
    format('{"signup_id": %s, "shift_id": %s, "person_id": %s}', v_signup, p_shift, p_person),
    p_at
  ) RETURNING id INTO v_event;
  INSERT INTO outbox_delivery (event_id, listener, state, attempts, due_at, last_error)
  SELECT v_event, told.listener, 'due', 0, p_at, '' FROM unnest(p_listeners) AS told(listener);
  RETURN v_signup;
END $$;
