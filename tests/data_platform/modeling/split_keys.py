"""SQL over a small shop, each with a key: such as may be built in parts by its hash, and such as may not, and why."""

from resources.lakehouse import TableName

SALE, CUSTOMER = TableName("shop", "sale"), TableName("shop", "customer")
SCHEMA = {
    SALE: {
        "id": "BIGINT",
        "customer": "INTEGER",
        "sold_at": "TIMESTAMP",
        "price": "DOUBLE",
        "pieces": "INTEGER",
        "cost": "DECIMAL(18,2)",
    },
    CUSTOMER: {"customer": "INTEGER", "name": "VARCHAR", "region": "VARCHAR"},
}
UNIQUE = {SALE: [("id",)], CUSTOMER: [("customer",)]}

USABLE = {
    "a column that is only passed on": ("SELECT sale.customer, sale.price FROM shop.sale AS sale", "customer"),
    "a grouping key, beside floating sums and a filter on one": (
        "SELECT customer, SUM(price) AS earned FROM shop.sale GROUP BY customer HAVING SUM(price) > 100",
        "customer",
    ),
    "a grouping key that is computed": (
        "SELECT DATE_TRUNC('month', sold_at) AS month, AVG(price) AS mean FROM shop.sale GROUP BY 1",
        "month",
    ),
    "a sum of whole numbers": (
        (
            "SELECT bought, COUNT(*) AS customers FROM "
            "(SELECT customer, SUM(pieces) AS bought FROM shop.sale GROUP BY 1) GROUP BY bought"
        ),
        "bought",
    ),
    "a sum of decimals": ("SELECT customer, SUM(cost) AS spent FROM shop.sale GROUP BY customer", "spent"),
    "a greatest value of floating numbers": ("SELECT customer, MAX(price) AS top FROM shop.sale GROUP BY 1", "top"),
    "a rank, in which ties are equal": (
        "SELECT id, RANK() OVER (PARTITION BY customer ORDER BY sold_at) AS place FROM shop.sale",
        "place",
    ),
    "a number of rows in a total order": (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at, id) AS place FROM shop.sale",
        "place",
    ),
    "the newest of each customer, any of ties": (
        "SELECT customer, id FROM shop.sale QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) = 1",
        "customer",
    ),
    "the newest of each customer in a total order, by another key": (
        (
            "SELECT customer, id FROM (SELECT customer, id, "
            "ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at, id) AS place FROM shop.sale) WHERE place = 1"
        ),
        "id",
    ),
    "one row for each key": ("SELECT DISTINCT ON (customer) customer, price FROM shop.sale", "customer"),
    "a limit in a total order": (
        (
            "SELECT sale.id, sale.price FROM shop.sale AS sale LEFT JOIN shop.customer AS customer "
            "ON customer.customer = sale.customer ORDER BY sale.price, sale.id LIMIT 10"
        ),
        "id",
    ),
    "a limit of groups, by their key": (
        "SELECT customer, COUNT(*) AS n FROM shop.sale GROUP BY customer ORDER BY n DESC, customer LIMIT 10",
        "customer",
    ),
    "a limit by all columns": ("SELECT customer, pieces FROM shop.sale ORDER BY ALL LIMIT 10", "customer"),
    "a value of chance that is only shown": ("SELECT customer, RANDOM() AS luck FROM shop.sale", "customer"),
    "a filter by the clock, which stands still in a transaction": (
        "SELECT customer, id FROM shop.sale WHERE sold_at > NOW() - INTERVAL 1 DAY",
        "customer",
    ),
    "both branches of a union": (
        "SELECT customer, id FROM shop.sale UNION ALL SELECT customer, 0 AS id FROM shop.customer",
        "customer",
    ),
    "a list in the order of what it lists": (
        "SELECT customer, STRING_AGG(CAST(id AS TEXT), ',' ORDER BY CAST(id AS TEXT)) AS ids FROM shop.sale GROUP BY 1",
        "ids",
    ),
}

REFUSED = {
    "a sum of floating numbers": (
        "SELECT customer, SUM(price) AS earned FROM shop.sale GROUP BY customer",
        "earned",
        "earned is computed from SUM(sale.price), which depends on the order in which numbers with a floating point",
    ),
    "the same through a query and arithmetic": (
        (
            "WITH earnings AS (SELECT customer, AVG(price) AS mean FROM shop.sale GROUP BY customer) "
            "SELECT customer, ROUND(mean, 2) AS rounded FROM earnings"
        ),
        "rounded",
        "rounded is computed from AVG(sale.price)",
    ),
    "a deviation, even of whole numbers": (
        "SELECT customer, STDDEV(pieces) AS spread FROM shop.sale GROUP BY customer",
        "spread",
        "spread is computed from STDDEV(sale.pieces), which depends on the order in which rows come",
    ),
    "a running sum": (
        "SELECT id, SUM(price) OVER (ORDER BY id) AS so_far FROM shop.sale",
        "so_far",
        "so_far is computed from SUM(sale.price), which depends",
    ),
    "chance": (
        "SELECT customer, RANDOM() AS luck FROM shop.sale",
        "luck",
        "luck is computed from RANDOM(), which is an",
    ),
    "a key made up": ("SELECT UUID() AS token, customer FROM shop.sale", "token", "token is computed from UUID()"),
    "the clock": ("SELECT NOW() AS at, customer FROM shop.sale", "at", "at is computed from NOW()"),
    "the day": ("SELECT CURRENT_DATE AS day, customer FROM shop.sale", "day", "day is computed from CURRENT_DATE"),
    "the clock of the session": (
        "SELECT LOCALTIMESTAMP AS at, customer FROM shop.sale",
        "at",
        "at is computed from LOCALTIMESTAMP",
    ),
    "a sequence": ("SELECT NEXTVAL('ids') AS id, customer FROM shop.sale", "id", "id is computed from NEXTVAL('ids')"),
    "a macro that reads the clock": (
        "SELECT AGO(INTERVAL 1 DAY) AS at, customer FROM shop.sale",
        "at",
        "at is computed from AGO(",
    ),
    "any of several values": (
        "SELECT customer, ANY_VALUE(price) AS some FROM shop.sale GROUP BY customer",
        "some",
        "some is computed from ANY_VALUE(sale.price)",
    ),
    "an approximate quantile": (
        "SELECT customer, APPROX_QUANTILE(price, 0.5) AS middle FROM shop.sale GROUP BY customer",
        "middle",
        "APPROX_QUANTILE(sale.price, 0.5) AS DOUBLE), which depends on the order in which rows come",
    ),
    "a number of rows whose order has ties": (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) AS place FROM shop.sale",
        "place",
        "place is computed from ROW_NUMBER() OVER",
    ),
    "a filter on such a number, by another key": (
        "SELECT customer, id FROM shop.sale QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) = 1",
        "id",
        "which rows there are depends on ROW_NUMBER() OVER",
    ),
    "the same where only a part of the key is partitioned by": (
        "SELECT customer, id FROM shop.sale QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) = 1",
        "customer, id",
        "which rows there are depends on ROW_NUMBER() OVER",
    ),
    "one row of several, by another key": (
        "SELECT DISTINCT ON (customer) customer, id FROM shop.sale ORDER BY sold_at",
        "id",
        "takes one row of several in an order that is not total",
    ),
    "a limit whose order has ties": (
        "SELECT id, customer FROM shop.sale ORDER BY price DESC LIMIT 10",
        "customer",
        "LIMIT 10 takes rows of an order that is not total",
    ),
    "a limit below": (
        (
            "SELECT sale.customer, COUNT(*) AS n FROM shop.sale AS sale "
            "JOIN (SELECT customer FROM shop.customer LIMIT 5) AS few ON few.customer = sale.customer GROUP BY ALL"
        ),
        "customer",
        "LIMIT 5 takes rows of an order that is not total",
    ),
    "a sample": ("SELECT customer, id FROM shop.sale USING SAMPLE 10%", "customer", "the query takes a sample"),
    "a sample of a table": (
        "SELECT s.customer FROM shop.sale AS s TABLESAMPLE 10%",
        "customer",
        "the query takes a sample",
    ),
    "a filter by chance": (
        "SELECT customer, id FROM shop.sale WHERE RANDOM() < 0.1",
        "customer",
        "which rows there are depends on RANDOM()",
    ),
    "a count of what floating sums decide": (
        (
            "SELECT region, COUNT(*) AS customers FROM (SELECT c.region, c.customer FROM shop.sale AS s "
            "JOIN shop.customer AS c ON c.customer = s.customer GROUP BY ALL HAVING SUM(s.price) > 100) GROUP BY region"
        ),
        "customers",
        "which rows there are depends on SUM(s.price)",
    ),
}
