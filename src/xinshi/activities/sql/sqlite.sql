-- The places that a person holds (confirmed or offered) do not overlap in time. Whoever signs up holds the person's row, so nobody races past this.
DROP TRIGGER IF EXISTS signup_no_overlap;
CREATE TRIGGER signup_no_overlap BEFORE INSERT ON signup WHEN NEW.state IN ('confirmed', 'offered')
BEGIN
    SELECT RAISE(ABORT, 'signup_no_overlap')
    WHERE EXISTS (
        SELECT 1
        FROM shift AS mine, signup AS other JOIN shift AS theirs ON theirs.id = other.shift_id
        WHERE mine.id = NEW.shift_id AND other.person_id = NEW.person_id AND other.state IN ('confirmed', 'offered')
          AND theirs.starts_at < mine.ends_at AND theirs.ends_at > mine.starts_at
    );
END;
DROP TRIGGER IF EXISTS signup_no_overlap_after_change;
CREATE TRIGGER signup_no_overlap_after_change BEFORE UPDATE OF state ON signup
WHEN NEW.state IN ('confirmed', 'offered')
BEGIN
    SELECT RAISE(ABORT, 'signup_no_overlap')
    WHERE EXISTS (
        SELECT 1
        FROM shift AS mine, signup AS other JOIN shift AS theirs ON theirs.id = other.shift_id
        WHERE mine.id = NEW.shift_id AND other.person_id = NEW.person_id AND other.state IN ('confirmed', 'offered')
          AND other.id <> NEW.id AND theirs.starts_at < mine.ends_at AND theirs.ends_at > mine.starts_at
    );
END;
