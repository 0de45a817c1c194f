-- Nobody answers a request about something in which they had a part.
CREATE TRIGGER correction_request_independent BEFORE UPDATE OF decided_by_ref, decided_by_person_id ON correction_request
WHEN NEW.decided_by_ref <> ''
BEGIN
    SELECT RAISE(ABORT, 'correction_request_independent')
    WHERE EXISTS (
        SELECT 1 FROM correction_part AS had
        WHERE had.request_id = NEW.id
          AND (had.actor_ref = NEW.decided_by_ref OR had.actor_ref = 'person:' || NEW.decided_by_person_id)
    );
END;
