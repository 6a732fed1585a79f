select 1 as day, 7 as amount
