CREATE TRIGGER deposit_stands BEFORE UPDATE OR DELETE ON deposit
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER deposit_kept BEFORE TRUNCATE ON deposit
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER deposit_reversal_stands BEFORE UPDATE OR DELETE ON deposit_reversal
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER deposit_reversal_kept BEFORE TRUNCATE ON deposit_reversal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
