/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogs of a new workspace: samples (read-only), main, system. The SQL engine calculates all
 * data, which are the same in every workspace. */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const statements[] = {
	/* ---- samples.tpch ---- */
	"CREATE TABLE samples.tpch.region (r_regionkey BIGINT NOT NULL, r_name STRING, r_comment"
	" STRING) COMMENT 'TPC-H regions'",
	"INSERT INTO samples.tpch.region VALUES (0, 'AFRICA', 'lar deposits'), (1, 'AMERICA', 'hs"
	" use ironic'), (2, 'ASIA', 'ges. thinly even'), (3, 'EUROPE', 'ly final courts'), (4,"
	" 'MIDDLE EAST', NULL)",
	"CREATE TABLE samples.tpch.nation (n_nationkey BIGINT NOT NULL, n_name STRING, n_regionkey"
	" BIGINT, n_comment STRING) COMMENT 'TPC-H nations'",
	"INSERT INTO samples.tpch.nation SELECT id, element_at(array('ALGERIA','ARGENTINA',"
	"'BRAZIL','CANADA','EGYPT','ETHIOPIA','FRANCE','GERMANY','INDIA','INDONESIA','IRAN',"
	"'IRAQ','JAPAN','JORDAN','KENYA','MOROCCO','MOZAMBIQUE','PERU','CHINA','ROMANIA','SAUDI"
	" ARABIA','VIETNAM','RUSSIA','UNITED KINGDOM','UNITED STATES'), id + 1),"
	" element_at(array(0,1,1,1,4,0,3,3,2,2,4,4,2,4,0,0,0,1,2,3,4,2,3,3,1), id + 1), CASE WHEN"
	" id % 7 = 3 THEN NULL ELSE concat('nation ', id) END FROM range(25)",
	"CREATE TABLE samples.tpch.customer (c_custkey BIGINT NOT NULL, c_name STRING, c_address"
	" STRING, c_nationkey BIGINT, c_phone STRING, c_acctbal DECIMAL(18,2), c_mktsegment"
	" STRING, c_comment STRING) COMMENT 'TPC-H customers'",
	"INSERT INTO samples.tpch.customer SELECT id, concat('Customer#', lpad(id, 9, '0')),"
	" concat(id * 7 % 900 + 1, ' Market Street'), id * 13 % 25, concat(10 + id * 13 % 25, '-',"
	" lpad(id * 379 % 1000, 3, '0'), '-', lpad(id * 7919 % 10000, 4, '0')), round((id * 48271"
	" % 1099899 - 99999) * 0.01, 2), element_at(array('AUTOMOBILE','BUILDING','FURNITURE',"
	"'HOUSEHOLD','MACHINERY'), id * 31 % 5 + 1), CASE WHEN id % 11 = 0 THEN NULL ELSE"
	" 'requests sleep furiously' END FROM range(1, 1501)",
	"CREATE TABLE samples.tpch.orders (o_orderkey BIGINT NOT NULL, o_custkey BIGINT,"
	" o_orderstatus STRING, o_totalprice DECIMAL(18,2), o_orderdate DATE, o_orderpriority"
	" STRING, o_clerk STRING, o_shippriority INT, o_comment STRING) COMMENT 'TPC-H orders'",
	"INSERT INTO samples.tpch.orders SELECT id, id * 7919 % 1500 + 1, element_at(array('F',"
	"'O','P'), id * 17 % 3 + 1), round((id * 104729 % 49900000 + 100000) * 0.01, 2),"
	" date_add('1992-01-01', id * 37 % 2406), element_at(array('1-URGENT','2-HIGH','3-MEDIUM',"
	"'4-NOT SPECIFIED','5-LOW'), id * 23 % 5 + 1), concat('Clerk#', lpad(id * 3 % 1000, 9,"
	" '0')), 0, CASE WHEN id % 13 = 0 THEN NULL ELSE 'carefully final deposits' END FROM"
	" range(1, 3001)",
	"CREATE TABLE samples.tpch.lineitem (l_orderkey BIGINT NOT NULL, l_partkey BIGINT,"
	" l_suppkey BIGINT, l_linenumber INT, l_quantity DECIMAL(18,2), l_extendedprice"
	" DECIMAL(18,2), l_discount DECIMAL(18,2), l_tax DECIMAL(18,2), l_returnflag STRING,"
	" l_linestatus STRING, l_shipdate DATE, l_shipmode STRING, l_comment STRING) COMMENT"
	" 'TPC-H line items'",
	"INSERT INTO samples.tpch.lineitem SELECT (id + 1) DIV 2, id * 613 % 2000 + 1, id * 127 %"
	" 100 + 1, id % 2 + 1, id * 11 % 50 + 1, round((id * 99991 % 9990000 + 90000) * 0.01, 2),"
	" round(id * 7 % 11 * 0.01, 2), round(id * 5 % 9 * 0.01, 2), element_at(array('A','N',"
	"'R'), id * 19 % 3 + 1), element_at(array('F','O'), id % 2 + 1), date_add('1992-01-02',"
	" ((id + 1) DIV 2) * 37 % 2406 + id % 90), element_at(array('AIR','FOB','MAIL','RAIL','REG"
	" AIR','SHIP','TRUCK'), id * 29 % 7 + 1), NULL FROM range(0, 6000)",
	/* ---- samples.nyctaxi ---- */
	"CREATE TABLE samples.nyctaxi.trips (tpep_pickup_datetime TIMESTAMP, tpep_dropoff_datetime"
	" TIMESTAMP, trip_distance DOUBLE, fare_amount DOUBLE, pickup_zip INT, dropoff_zip INT)"
	" COMMENT 'Taxi rides'",
	"INSERT INTO samples.nyctaxi.trips SELECT dateadd(MINUTE, id * 97 % 86400,"
	" to_timestamp('2016-01-01')), dateadd(MINUTE, id * 97 % 86400 + 4 + id * 31 % 50,"
	" to_timestamp('2016-01-01')), round(0.3 + id * 53 % 180 * 0.1, 2), round(2.5 + (id * 53 %"
	" 180) * 0.27, 1), 10001 + id * 17 % 200, 10001 + id * 41 % 200 FROM range(1000)",
	/* ---- main.sales ---- */
	"CREATE TABLE main.sales.customers (customer_id BIGINT NOT NULL COMMENT 'key', name"
	" STRING, email STRING COMMENT 'contact address', country STRING, signup_date DATE,"
	" is_active BOOLEAN, credit_limit DECIMAL(10,2) COMMENT 'in EUR; NULL = none granted')"
	" COMMENT 'One row per customer'",
	"INSERT INTO main.sales.customers SELECT id, concat(element_at(array('Ann','Bob','Carol',"
	"'Dave','Erin','Frank','Grace','Heidi','Ivan','Judy'), id % 10 + 1), ' ',"
	" element_at(array('Adler','Braun','Conti','Dupont','Eriksen','Fischer','García'), id * 3"
	" % 7 + 1)), concat('customer', id, '@example.com'), element_at(array('DE','FR','IT','NO',"
	"'ES','US','JP'), id * 5 % 7 + 1), date_add('2021-01-01', id * 17 % 1400), id % 9 <> 0,"
	" CASE WHEN id % 6 = 0 THEN NULL ELSE round(500 + id * 37 % 9500 + 0.5, 2) END FROM"
	" range(1, 501)",
	"CREATE TABLE main.sales.products (product_id BIGINT NOT NULL, name STRING, category"
	" STRING, price DECIMAL(10,2), tags ARRAY<STRING>) COMMENT 'What we sell'",
	"INSERT INTO main.sales.products SELECT id, concat(element_at(array('Oak','Steel','Glass',"
	"'Linen','Stone','Cork'), id % 6 + 1), ' ', element_at(array('Table','Lamp','Chair',"
	"'Shelf','Bowl'), id * 3 % 5 + 1), ' ', id), element_at(array('Furniture','Lighting',"
	"'Decor','Kitchen'), id * 7 % 4 + 1), round(9.9 + id * 773 % 49000 * 0.01, 2),"
	" array(element_at(array('new','sale','classic'), id % 3 + 1), 'home') FROM range(1, 61)",
	"CREATE TABLE main.sales.orders (order_id BIGINT NOT NULL, customer_id BIGINT, order_ts"
	" TIMESTAMP, status STRING, amount DECIMAL(12,2) COMMENT 'total in EUR', discount DOUBLE)"
	" COMMENT 'Orders since 2023'",
	"INSERT INTO main.sales.orders SELECT id, id * 7919 % 500 + 1, dateadd(MINUTE, id * 541,"
	" to_timestamp('2023-01-01')), element_at(array('NEW','PAID','SHIPPED','RETURNED'), id *"
	" 11 % 4 + 1), round((id * 104729 % 250000 + 990) * 0.01, 2), CASE WHEN id % 5 = 0 THEN"
	" round(id % 30 * 0.01, 2) END FROM range(1, 2001)",
	"CREATE TABLE main.sales.order_items (order_id BIGINT NOT NULL, line_no INT NOT NULL,"
	" product_id BIGINT, quantity INT, unit_price DECIMAL(10,2)) COMMENT 'Lines of orders'",
	"INSERT INTO main.sales.order_items SELECT id DIV 2 + 1, id % 2 + 1, id * 37 % 60 + 1, id"
	" * 3 % 5 + 1, round(9.9 + (id * 37 % 60 + 1) * 773 % 49000 * 0.01, 2) FROM range(4000)",
	"CREATE VIEW main.sales.monthly_revenue COMMENT 'Revenue per month, returns excluded' AS"
	" SELECT date_trunc('MONTH', order_ts) AS month, count(*) AS orders, sum(amount) AS"
	" revenue FROM main.sales.orders WHERE status <> 'RETURNED' GROUP BY date_trunc('MONTH',"
	" order_ts)",
	/* ---- main.hr ---- */
	"CREATE TABLE main.hr.departments (department_id INT NOT NULL, name STRING, location"
	" STRING) COMMENT 'Departments'",
	"INSERT INTO main.hr.departments VALUES (1, 'Engineering', 'Berlin'), (2, 'Sales',"
	" 'Paris'), (3, 'Finance', 'Oslo'), (4, 'Support', NULL), (5, 'Legal', 'Rome')",
	"CREATE TABLE main.hr.employees (employee_id INT NOT NULL, name STRING, department_id INT,"
	" manager_id INT COMMENT 'NULL for the head', salary DECIMAL(9,2), hired DATE, remote"
	" BOOLEAN) COMMENT 'Employees; salaries are invented'",
	"INSERT INTO main.hr.employees SELECT id, concat('Employee ', id), id * 3 % 5 + 1, CASE"
	" WHEN id = 1 THEN NULL ELSE (id + 6) DIV 7 END, round(31000 + id * 6151 % 90000 + 0.25,"
	" 2), date_add('2010-03-01', id * 71 % 5400), CASE WHEN id % 8 = 0 THEN NULL ELSE id % 3 ="
	" 0 END FROM range(1, 201)",
	/* ---- system ---- */
	"CREATE TABLE system.billing.usage (record_id STRING, workspace_id STRING, sku_name"
	" STRING, usage_date DATE, usage_quantity DECIMAL(38,18), usage_unit STRING) COMMENT"
	" 'Billable usage'",
	"INSERT INTO system.billing.usage SELECT md5(concat('usage', id)), '1',"
	" element_at(array('PREMIUM_ALL_PURPOSE_COMPUTE','PREMIUM_SERVERLESS_SQL_COMPUTE',"
	"'PREMIUM_JOBS_COMPUTE'), id % 3 + 1), date_add('2026-01-01', id DIV 3), round(id * 37 %"
	" 1000 * 0.01, 4), 'DBU' FROM range(90)",
};

static bool
seed_places(struct lake_conn *conn)
{
	return catalog_put_catalog(conn, "main", "MANAGED_CATALOG", "Main catalog") &&
	       catalog_put_catalog(conn, "samples", "SYSTEM_CATALOG", "Sample data, read-only") &&
	       catalog_put_catalog(conn, "system", "SYSTEM_CATALOG", "System tables") &&
	       catalog_put_schema(conn, "main", "default", "Default schema") &&
	       catalog_put_schema(conn, "main", "sales", "Customers, products and orders") &&
	       catalog_put_schema(conn, "main", "hr", "People; invented") &&
	       catalog_put_schema(conn, "samples", "tpch", "A small TPC-H") &&
	       catalog_put_schema(conn, "samples", "nyctaxi", "Taxi trips") &&
	       catalog_put_schema(conn, "system", "billing", "Billing");
}

/* Creates lake.db again: after a crash during seeding, seeding starts from the beginning. */
void
lake_seed(struct workspace *ws)
{
	struct sql_session session = { .user = "System user", .system = true };
	struct lake_conn *conn;
	bool ok;

	unlinkat(ws->dir_fd, "lake.db", 0);
	unlinkat(ws->dir_fd, "lake.db-wal", 0);
	unlinkat(ws->dir_fd, "lake.db-shm", 0);
	conn = lake_take(ws);
	ok = conn != NULL && lake_exec(conn, LAKE_TABLES) && seed_places(conn);
	if (conn != NULL)
		lake_give(conn);
	for (size_t i = 0; ok && i < ARRAY_SIZE(statements); i++) {
		struct sql_query query = { .text = statements[i] };
		struct sql_outcome out;

		sql_run(ws, &session, &query, &out);
		ok = out.ok;
		if (!ok)
			log_line("error", "seeding: %s, in: %.100s", out.error, statements[i]);
		sql_outcome_fini(&out);
	}
	if (!ok)
		ws->db_failed = true;
}
