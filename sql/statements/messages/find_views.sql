select to_regclass('public.customer_message') is not null as customer, to_regclass('public.error_message') is not null as error
