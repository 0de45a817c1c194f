CREATE TRIGGER deposit_no_update BEFORE UPDATE ON deposit
BEGIN SELECT RAISE(ABORT, 'rows of deposit are never changed or deleted'); END;

CREATE TRIGGER deposit_no_delete BEFORE DELETE ON deposit
BEGIN SELECT RAISE(ABORT, 'rows of deposit are never changed or deleted'); END;

CREATE TRIGGER deposit_reversal_no_update BEFORE UPDATE ON deposit_reversal
BEGIN SELECT RAISE(ABORT, 'rows of deposit_reversal are never changed or deleted'); END;

CREATE TRIGGER deposit_reversal_no_delete BEFORE DELETE ON deposit_reversal
BEGIN SELECT RAISE(ABORT, 'rows of deposit_reversal are never changed or deleted'); END;

