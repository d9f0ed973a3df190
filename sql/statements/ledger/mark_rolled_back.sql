update tally.loads set rolled_back_at = $2, report_due = true, messages_due = true where load_id = $1
