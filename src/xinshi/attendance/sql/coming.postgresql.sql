-- Somebody comes in by a code for the first time, in one statement (attendance/codes/coming.py): the person's lock, then the
-- record, the sign-up, the trace and the audit line.
--
-- The caller has judged the code and decided that they come in, on what it read without a lock. Null, and nothing written,
-- where this no longer holds under the lock: the caller then decides anew. It holds where the sign-up is still the person's,
-- has no record, and the person is nowhere else and was nowhere else at that moment.
CREATE OR REPLACE FUNCTION attendance_come(
  p_person bigint, p_signup bigint, p_shift bigint, p_hours_kind text, p_scheduled_minutes int, p_moment timestamptz,
  p_received timestamptz, p_actor text, p_way text, p_code_key text, p_device text, p_place text, p_hectometres int,
  p_detail jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_record bigint;
BEGIN
  PERFORM 1 FROM person WHERE id = p_person FOR NO KEY UPDATE;
  -- Each statement from here on sees what was committed before the lock was had.
  IF EXISTS (
    SELECT 1 FROM service_record
     WHERE person_id = p_person
       AND (signup_id = p_signup OR state = 'open'
            OR state IN ('submitted', 'approved') AND checked_in_at <= p_moment AND checked_out_at > p_moment)
  ) OR EXISTS (SELECT 1 FROM presence_trace WHERE person_id = p_person AND code_key = p_code_key) THEN
    RETURN NULL;
  END IF;
  -- By its own number and no other index: of a table that has just filled the server knows nothing, and would walk all of it.
  UPDATE signup SET attended_at = p_moment
   WHERE id = p_signup AND (person_id, shift_id, state) IS NOT DISTINCT FROM (p_person, p_shift, 'confirmed');
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  INSERT INTO service_record (
    signup_id, person_id, shift_id, hours_kind, state, scheduled_minutes, checked_in_at, checked_in_by_ref,
    checked_in_through, entry_reason, checked_out_by_ref, checked_out_through, submission, levels_approved, decided_by_ref,
    refusal_reason
  ) VALUES (
    p_signup, p_person, p_shift, p_hours_kind, 'open', p_scheduled_minutes, p_moment, p_actor, p_way, '', '', '', 1, 0, '', ''
  ) RETURNING id INTO v_record;
  INSERT INTO presence_trace (
    record_id, person_id, shift_id, event, way, code_key, at, received_at, device, place, distance_hectometres
  ) VALUES (
    v_record, p_person, p_shift, 'in', p_way, p_code_key, p_moment, p_received, p_device, p_place, p_hectometres
  );
  INSERT INTO audit_entry (at, actor_ref, action, object_ref, detail)
  VALUES (p_received, p_actor, 'attendance.check_in', 'service-record:' || v_record, p_detail);
  RETURN v_record;
END $$;
