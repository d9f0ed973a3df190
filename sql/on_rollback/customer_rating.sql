-- What a load that is rolled back had counted is no history any more. $1: that load.
delete from rating_history where load_id = $1::bigint
