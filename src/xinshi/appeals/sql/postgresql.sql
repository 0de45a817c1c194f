-- Nobody answers a request about something in which they had a part.
CREATE OR REPLACE FUNCTION correction_request_independent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM correction_part AS had
        WHERE had.request_id = NEW.id
          AND (had.actor_ref = NEW.decided_by_ref OR had.actor_ref = 'person:' || NEW.decided_by_person_id)
    ) THEN
        RAISE EXCEPTION 'correction_request_independent' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER correction_request_independent BEFORE UPDATE OF decided_by_ref, decided_by_person_id
    ON correction_request FOR EACH ROW WHEN (NEW.decided_by_ref <> '')
    EXECUTE FUNCTION correction_request_independent();
