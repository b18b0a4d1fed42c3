-- Shares behind the last slice belong to the rule in force when they were imported: after a change of the rule the open slice
-- is closed with its own.
alter table share_positions add column rule integer references payout_rules;
