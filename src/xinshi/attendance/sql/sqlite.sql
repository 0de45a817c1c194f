-- One person's presence is one stretch after another: never two at once, never longer than a day.
CREATE TRIGGER service_record_no_overlap_insert BEFORE INSERT ON service_record
WHEN NEW.checked_out_at IS NOT NULL AND NEW.state NOT IN ('refused', 'replaced')
BEGIN
    SELECT RAISE(ABORT, 'service_record_one_day') WHERE NEW.checked_out_at > datetime(NEW.checked_in_at, '+1 day');
    SELECT RAISE(ABORT, 'service_record_no_overlap')
    WHERE EXISTS (
        SELECT 1 FROM service_record AS other
        WHERE other.person_id = NEW.person_id AND other.checked_out_at IS NOT NULL AND other.state NOT IN ('refused', 'replaced')
          AND other.checked_in_at < NEW.checked_out_at AND other.checked_out_at > NEW.checked_in_at
          AND other.checked_in_at > datetime(NEW.checked_in_at, '-1 day')
    );
END;

CREATE TRIGGER service_record_no_overlap_update BEFORE UPDATE OF checked_in_at, checked_out_at ON service_record
WHEN NEW.checked_out_at IS NOT NULL AND NEW.state NOT IN ('refused', 'replaced')
BEGIN
    SELECT RAISE(ABORT, 'service_record_one_day') WHERE NEW.checked_out_at > datetime(NEW.checked_in_at, '+1 day');
    SELECT RAISE(ABORT, 'service_record_no_overlap')
    WHERE EXISTS (
        SELECT 1 FROM service_record AS other
        WHERE other.person_id = NEW.person_id AND other.id <> NEW.id
          AND other.checked_out_at IS NOT NULL AND other.state NOT IN ('refused', 'replaced')
          AND other.checked_in_at < NEW.checked_out_at AND other.checked_out_at > NEW.checked_in_at
          AND other.checked_in_at > datetime(NEW.checked_in_at, '-1 day')
    );
END;
