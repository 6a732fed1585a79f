select day, amount from {{ ref('sales') }} union all select * from {{ var('read', '(select 2, 8)') }}
