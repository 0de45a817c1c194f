-- A person's confirmed sign-ups do not overlap in time. Whoever signs up holds the person's row, so nobody races past this.
CREATE TRIGGER signup_no_overlap BEFORE INSERT ON signup WHEN NEW.state = 'confirmed'
BEGIN
    SELECT RAISE(ABORT, 'signup_no_overlap')
    WHERE EXISTS (
        SELECT 1
        FROM shift AS mine, signup AS other JOIN shift AS theirs ON theirs.id = other.shift_id
        WHERE mine.id = NEW.shift_id AND other.person_id = NEW.person_id AND other.state = 'confirmed'
          AND theirs.starts_at < mine.ends_at AND theirs.ends_at > mine.starts_at
    );
END;
