-- The places that a person holds (confirmed or offered) do not overlap in time. Whoever signs up holds the person's row, so nobody races past this.
CREATE OR REPLACE FUNCTION signup_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM shift AS mine, signup AS other JOIN shift AS theirs ON theirs.id = other.shift_id
        WHERE mine.id = NEW.shift_id AND other.person_id = NEW.person_id AND other.state IN ('confirmed', 'offered')
          AND other.id <> NEW.id AND theirs.starts_at < mine.ends_at AND theirs.ends_at > mine.starts_at
    ) THEN
        RAISE EXCEPTION 'signup_no_overlap' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS signup_no_overlap ON signup;
CREATE TRIGGER signup_no_overlap BEFORE INSERT OR UPDATE OF state ON signup
    FOR EACH ROW WHEN (NEW.state IN ('confirmed', 'offered')) EXECUTE FUNCTION signup_no_overlap();
