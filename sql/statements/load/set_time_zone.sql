set local time zone {{=zone}}
