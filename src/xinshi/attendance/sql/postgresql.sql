-- One person's presence is one stretch after another: never two at once, never longer than a day.
CREATE OR REPLACE FUNCTION service_record_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.checked_out_at > NEW.checked_in_at + interval '1 day' THEN
        RAISE EXCEPTION 'service_record_one_day' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM service_record AS other
        WHERE other.person_id = NEW.person_id AND other.id <> NEW.id
          AND other.checked_out_at IS NOT NULL AND other.state NOT IN ('refused', 'replaced')
          AND other.checked_in_at < NEW.checked_out_at AND other.checked_out_at > NEW.checked_in_at
          AND other.checked_in_at > NEW.checked_in_at - interval '1 day'
    ) THEN
        RAISE EXCEPTION 'service_record_no_overlap' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER service_record_no_overlap BEFORE INSERT OR UPDATE OF checked_in_at, checked_out_at ON service_record
    FOR EACH ROW WHEN (NEW.checked_out_at IS NOT NULL AND NEW.state NOT IN ('refused', 'replaced'))
    EXECUTE FUNCTION service_record_no_overlap();
